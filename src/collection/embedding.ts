import type { Embedder, EmbedRole } from '../contract/embedder.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { staticModel } from '../embed/static/index.ts'
import { callEmbedder } from '../platform/call-embedder.ts'
import type { ProgressReporter } from '../platform/progress.ts'
import { nextTask } from '../platform/task.ts'
import { describe } from './values.ts'

/** Texts given to the embedder at once: enough for a model's batch, few enough to abort and report between. */
const BATCH_TEXTS = 256

/** Made once: its table serves every collection of the thread. It reads its file at the first use. */
const shipped = staticModel()

/** The shipped model, where the space is its own or still open: then it needs not be given. */
export function shippedFor(space: string | undefined): Embedder | undefined {
  return space === undefined || space === shipped.id ? shipped : undefined
}

/** Makes vectors of one embedding space, and checks that they are. */
export class EmbeddingSpace {
  readonly #collection: string
  readonly #embedder: Embedder | undefined
  /** Name of the space the collection is fixed to, if it is. */
  readonly #fixedTo: string | null | undefined

  constructor(
    collection: string,
    embedder: Embedder | undefined,
    fixedTo: string | null | undefined,
  ) {
    this.#collection = collection
    this.#embedder = embedder
    this.#fixedTo = fixedTo
  }

  /** The space its vectors are of; `undefined` without an embedder. */
  get id(): string | undefined {
    return this.#embedder?.id
  }

  /** One vector for each text; `undefined` for a text without meaning to the model. */
  async embedQueries(
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<(Float32Array | undefined)[]> {
    return splitRows(await this.#embed(texts, 'query', signal), texts.length)
  }

  /** The same for texts to be stored, batch by batch. */
  async embedDocuments(
    texts: readonly string[],
    signal: AbortSignal | undefined,
    progress: ProgressReporter,
  ): Promise<(Float32Array | undefined)[]> {
    const vectors: (Float32Array | undefined)[] = []
    progress.report('embedding', 0, texts.length)
    for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
      throwIfAborted(signal)
      const batch = texts.slice(from, from + BATCH_TEXTS)
      vectors.push(...splitRows(await this.#embed(batch, 'document', signal), batch.length))
      progress.report('embedding', vectors.length, texts.length)
      await nextTask()
    }
    return vectors
  }

  async #embed(
    texts: readonly string[],
    role: EmbedRole,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    const embedder = this.requireEmbedder()
    const matrix: unknown = await callEmbedder(embedder, texts, { role, signal })
    throwIfAborted(signal)
    if (!(matrix instanceof Float32Array)) {
      throw new QuiverError(
        'EMBEDDING_FAILED',
        `${embedder.id} must answer one Float32Array of texts × dimension values, got ${describe(matrix)}.`,
      )
    }
    const dimension = matrix.length / texts.length
    if (!Number.isInteger(dimension) || dimension === 0) {
      throw new QuiverError(
        'EMBEDDING_FAILED',
        `${embedder.id} answered ${String(matrix.length)} values for ${String(texts.length)} texts; it must answer one vector of equal length for each.`,
      )
    }
    if (!matrix.every(Number.isFinite)) {
      throw new QuiverError(
        'EMBEDDING_FAILED',
        `${embedder.id} answered values that are not finite.`,
      )
    }
    return matrix
  }

  /** @throws QuiverError `NO_EMBEDDER` */
  requireEmbedder(): Embedder {
    if (this.#embedder) return this.#embedder
    const message =
      typeof this.#fixedTo === 'string'
        ? `Collection "${this.#collection}" was embedded by ${this.#fixedTo}. Open it with that embedder to use texts.`
        : `Collection "${this.#collection}" has no embedder. Give vectors, or make the collection with an embedder.`
    throw new QuiverError('NO_EMBEDDER', message)
  }
}

function splitRows(matrix: Float32Array, rows: number): (Float32Array | undefined)[] {
  const dimension = matrix.length / rows
  return Array.from({ length: rows }, (_, row) => {
    const vector = matrix.subarray(row * dimension, (row + 1) * dimension)
    return vector.some((value) => value !== 0) ? vector : undefined
  })
}
