import type { Progress } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'
import { ModelFetch } from './fetch.ts'
import { TextModel } from './model.ts'
import type { Library } from './model.ts'
import type { ModelSettings } from './options.ts'

/** transformers.js fetches by a global: two loads at once would change each other's. */
let loadBefore: Promise<unknown> = Promise.resolve()

/** Tokenizers without a limit say 1e30. */
const UNLIMITED = 1e6

/** Where a model is loaded to: `cpu` is Node's native runtime. */
type LoadDevice = 'cpu' | 'wasm' | 'webgpu'

/** A processor gains little by batching beyond a few texts; a GPU has a start to spread over many. */
const BATCH_TOKENS: Record<LoadDevice, number> = { cpu: 256, wasm: 256, webgpu: 2048 }

/** The file of each precision, below the model's `onnx/`. */
const WEIGHTS: Record<ModelSettings['dtype'], string> = {
  fp32: 'model.onnx',
  fp16: 'model_fp16.onnx',
  q8: 'model_quantized.onnx',
  int8: 'model_int8.onnx',
  uint8: 'model_uint8.onnx',
  q4: 'model_q4.onnx',
  q4f16: 'model_q4f16.onnx',
  bnb4: 'model_bnb4.onnx',
}

/**
 * Loads a model into this thread.
 * @throws QuiverError `EMBEDDING_FAILED` or `DIMENSION_MISMATCH`
 */
export function loadModel(
  library: Library,
  settings: ModelSettings,
  device: LoadDevice,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<TextModel> {
  const loading = loadBefore.then(() => loadAlone(library, settings, device, onProgress))
  loadBefore = loading.catch(() => undefined)
  return loading
}

async function loadAlone(
  library: Library,
  settings: ModelSettings,
  device: LoadDevice,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<TextModel> {
  const { env } = library
  const before = env.fetch
  const download = new ModelFetch(before, settings, onProgress)
  env.fetch = download.fetch
  try {
    const model = await load(library, settings, device)
    requireDimension(settings, model.dimension)
    download.finish()
    return model
  } catch (error) {
    throw loadingFailed(settings, error)
  } finally {
    env.fetch = before
  }
}

async function load(
  library: Library,
  settings: ModelSettings,
  device: LoadDevice,
): Promise<TextModel> {
  const { AutoModel, AutoTokenizer } = library
  const path = (settings.folder ?? '') + settings.model
  const from = { revision: settings.revision, local_files_only: settings.folder !== undefined }
  const [tokenizer, network] = await Promise.all([
    AutoTokenizer.from_pretrained(path, from),
    AutoModel.from_pretrained(path, { ...from, dtype: settings.dtype, device }),
  ])
  const limits = [
    settings.maxTokens,
    Number(tokenizer.model_max_length),
    network.config.max_position_embeddings,
  ].filter((limit): limit is number => limit !== undefined && limit < UNLIMITED)
  const maxTokens = limits.length > 0 ? Math.min(...limits) : undefined
  return TextModel.create(
    library,
    { tokenizer, network },
    { pooling: settings.pooling, maxTokens, batchTokens: BATCH_TOKENS[device] },
  )
}

function requireDimension(settings: ModelSettings, dimension: number): void {
  if (settings.dimension === undefined || settings.dimension === dimension) return
  throw new QuiverError(
    'DIMENSION_MISMATCH',
    `transformers(): ${settings.model} makes vectors of ${dimension} values, but dimension says ${settings.dimension}. ` +
      'Leave it out or correct it.',
  )
}

function loadingFailed(settings: ModelSettings, error: unknown): QuiverError {
  if (error instanceof QuiverError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const { model, folder, dtype } = settings
  const advice =
    folder === undefined
      ? 'Check its name on https://huggingface.co and the network; for models of your own server give local.'
      : `${folder}${model}/ must hold config.json, tokenizer.json, tokenizer_config.json and onnx/${WEIGHTS[dtype]}.`
  return new QuiverError(
    'EMBEDDING_FAILED',
    `The model ${model} could not be loaded: ${reason}. ${advice}`,
    {
      cause: error,
    },
  )
}
