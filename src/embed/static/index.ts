import type { Embedder } from '../../contract/embedder.ts'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { readAsset } from '../../platform/asset.ts'
import { Slices } from '../../platform/task.ts'
import { StaticEmbedding } from './embedding.ts'
import { decodeStaticModel } from './format.ts'

const MODEL = 'en-256-v1'
const DIMENSION = 256

export interface StaticModelOptions {
  /** Where the page serves `static-en-256.bin`, when not beside the code. A relative URL is relative to the page. */
  readonly modelUrl?: string | URL | undefined
}

/**
 * The embedding model that ships with Quiver: English, 256 values, 4.2 MB, read at the first use. A text's vector is the
 * normalised sum of its tokens' vectors, so it is fast and blind to the order of words. Punctuation, symbols and words
 * without a known token have no meaning to it. How it was made, and how good it is: `models/README.md`.
 * @throws QuiverError `INVALID_OPTION`
 */
export function staticModel(options: StaticModelOptions = {}): Embedder {
  const modelUrl = options.modelUrl === undefined ? undefined : absoluteUrl(options.modelUrl)
  const url = modelUrl ?? new URL('../../../models/static-en-256.bin', import.meta.url).href
  let loading: Promise<StaticEmbedding> | undefined

  return {
    id: `static:${MODEL}`,
    dimension: DIMENSION,
    maxTokens: undefined,
    recipe: { type: 'static', modelUrl },
    async embed(texts, { signal }) {
      throwIfAborted(signal)
      loading ??= load(url)
      const embedding = await loading.catch((error: unknown) => {
        loading = undefined // a server that was down may be back at the next call
        throw error
      })
      return embedding.embed(texts, new Slices(signal))
    },
  }
}

/** Made absolute here, because in the worker it would be relative to the worker's script. */
function absoluteUrl(url: string | URL): string {
  try {
    return new URL(url, typeof location === 'undefined' ? undefined : location.href).href
  } catch (cause) {
    const message = `modelUrl ${JSON.stringify(url)} is no URL: give an absolute one, such as https://example.com/static-en-256.bin.`
    throw new QuiverError('INVALID_OPTION', message, { cause })
  }
}

/** @throws QuiverError `EMBEDDING_FAILED`, `CORRUPT`, `NEWER_FORMAT` */
async function load(url: string): Promise<StaticEmbedding> {
  const bytes = await readAsset(url).catch((cause: unknown) => {
    throw new QuiverError(
      'EMBEDDING_FAILED',
      `The embedding model is not at ${url}. Serve static-en-256.bin from the package there, or say where it is: staticModel({ modelUrl }).`,
      { cause },
    )
  })
  const model = decodeStaticModel(bytes)
  if (model.name !== MODEL || model.dimension !== DIMENSION) {
    throw new QuiverError(
      'EMBEDDING_FAILED',
      `The file at ${url} holds the model ${model.name}, and ${MODEL} is needed: serve the one from this version of quiverdb.`,
    )
  }
  return new StaticEmbedding(model)
}
