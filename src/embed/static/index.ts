import type { Embedder } from '../../contract/embedder.ts'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { readAsset } from '../../platform/asset.ts'
import { Slices } from '../../platform/task.ts'
import { StaticEmbedding } from './embedding.ts'
import { decodeStaticModel } from './format.ts'

const MODEL = 'en-256-v1'
const DIMENSION = 256

export interface StaticModelOptions {
  /** Where the page serves `static-en-256.bin`, when not beside the code. */
  readonly modelUrl?: string | URL | undefined
}

/**
 * The embedding model that ships with Quiver: English, 256 values, 4.2 MB, read at the first use. A text's vector is the
 * normalised sum of its tokens' vectors, so it is fast and blind to the order of words. Punctuation, symbols and words
 * of other scripts have no meaning to it. How it was made, and how good it is: `models/README.md`.
 */
export function staticModel(options: StaticModelOptions = {}): Embedder {
  const url = options.modelUrl ?? new URL('../../../models/static-en-256.bin', import.meta.url)
  let loading: Promise<StaticEmbedding> | undefined

  return {
    id: `static:${MODEL}`,
    dimension: DIMENSION,
    maxTokens: undefined,
    recipe: { type: 'static', modelUrl: options.modelUrl?.toString() },
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

/** @throws QuiverError `EMBEDDING_FAILED`, `CORRUPT`, `NEWER_FORMAT` */
async function load(url: string | URL): Promise<StaticEmbedding> {
  const bytes = await readAsset(url).catch((cause: unknown) => {
    throw new QuiverError(
      'EMBEDDING_FAILED',
      `The embedding model is not at ${String(url)}. Serve static-en-256.bin from the package there, or say where it is: staticModel({ modelUrl }).`,
      { cause },
    )
  })
  const model = decodeStaticModel(bytes)
  if (model.name !== MODEL || model.dimension !== DIMENSION) {
    throw new QuiverError(
      'EMBEDDING_FAILED',
      `The file at ${String(url)} holds the model ${model.name}, and ${MODEL} is needed: serve the one from this version of quiverdb.`,
    )
  }
  return new StaticEmbedding(model)
}
