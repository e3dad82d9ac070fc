import type { UpsertResult } from '../contract/api.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { ProgressReporter } from '../platform/progress.ts'
import { type Operation, type UpsertOperation, VectorKind } from '../storage/operations.ts'
import type { CallContext } from './call-context.ts'
import type { LocalCollection } from './collection.ts'
import { checkVector, encodeDocument, validateId, validateRecord } from './records.ts'
import { describe } from './values.ts'
import { applyWrite, isSettled, operationsFor } from './write.ts'

interface PreparedRow {
  readonly id: string
  readonly document: string
  /** Given by the caller; without one, the text is embedded. */
  readonly vector: Float32Array | undefined
  readonly text: string | undefined
}

/** Vectors made for this batch, by id, and the embedding space they are of. */
interface Embedded {
  readonly by: string | undefined
  readonly vectors: ReadonlyMap<string, Float32Array>
}

/**
 * One all-or-nothing write while it is gathered: rows are checked as they come, and nothing is kept before `commit`. It
 * may be filled piece by piece, so that the page never posts more than a small message at once.
 */
export class UpsertBatch {
  readonly #collection: LocalCollection
  readonly #rows: PreparedRow[] = []
  readonly #ids = new Set<string>()
  /** Length of the first vector, which the others of the batch must share. */
  #dimension: number | undefined

  constructor(collection: LocalCollection) {
    this.#collection = collection
  }

  /** @throws QuiverError `INVALID_ID`, `INVALID_RECORD`, `INVALID_VECTOR`, `DUPLICATE_ID`, `DIMENSION_MISMATCH` */
  addRecords(records: readonly unknown[]): void {
    const { fields, metric } = this.#collection.config
    for (const each of records) {
      const { id, vector, text, properties } = validateRecord(each, fields, metric)
      if (vector) this.#checkDimension(vector, id)
      this.#claim(id)
      this.#rows.push({ id, document: encodeDocument(properties, id), vector, text })
    }
  }

  /** Rows of a matrix, one for each id. @throws QuiverError as `addRecords` */
  addMatrix(ids: readonly unknown[], matrix: unknown): void {
    if (!(matrix instanceof Float32Array)) {
      throw new QuiverError(
        'INVALID_VECTOR',
        `The matrix must be one Float32Array of ids × dimension values, got ${describe(matrix)}.`,
      )
    }
    const dimension = matrix.length / ids.length
    if (ids.length === 0 ? matrix.length !== 0 : !Number.isInteger(dimension) || dimension === 0) {
      throw new QuiverError(
        'DIMENSION_MISMATCH',
        `${String(matrix.length)} values cannot be shared evenly among ${String(ids.length)} ids; the matrix holds ids × dimension values, row-major.`,
      )
    }
    const owned = matrix.slice()
    for (const [n, each] of ids.entries()) {
      const id = validateId(each)
      const vector = owned.subarray(n * dimension, (n + 1) * dimension)
      this.#checkDimension(vector, id)
      checkVector(vector, this.#collection.config.metric, `the vector of record ${describe(id)}`)
      this.#claim(id)
      this.#rows.push({ id, document: '{}', vector, text: undefined })
    }
  }

  /** Embeds, writes, and resolves when all of it is durable and searchable. */
  async commit(options: CallContext = {}): Promise<UpsertResult> {
    throwIfAborted(options.signal)
    if (this.#rows.length === 0) return { inserted: 0, updated: 0 }
    const progress = new ProgressReporter(options.onProgress)
    const embedded = await this.#embed(options, progress)
    progress.report('writing', 0, this.#rows.length)
    const rows = this.#rows.length
    let operations: readonly Operation[] = []
    const { inserted, updated } = await this.#collection.write({
      call: options.call,
      sharing: isSettled(this.#collection.config) ? 'group' : 'alone',
      prepare: () => {
        throwIfAborted(options.signal)
        operations = operationsFor(this.#collection, this.#operation(embedded), embedded.by)
        return operations
      },
      apply: () => applyWrite(this.#collection, operations, options.call),
    })
    // What was written need not be held until the page lets go of the batch.
    this.#rows.length = 0
    this.#ids.clear()
    progress.report('writing', rows, rows)
    await this.#collection.indexed(options.signal, progress)
    return { inserted, updated }
  }

  #claim(id: string): void {
    if (this.#ids.has(id)) {
      throw new QuiverError(
        'DUPLICATE_ID',
        `Id ${describe(id)} is twice in one batch, and which record should win is unclear. Nothing was written.`,
      )
    }
    this.#ids.add(id)
  }

  /** All vectors of a batch are as long as the collection's, or as the first where nothing is fixed yet. */
  #checkDimension(vector: Float32Array, id: string): void {
    this.#dimension ??= vector.length
    const dimension = this.#collection.config.dimension ?? this.#dimension
    if (vector.length === dimension) return
    throw new QuiverError(
      'DIMENSION_MISMATCH',
      `The vector of record ${describe(id)} has ${String(vector.length)} dimensions, the collection ${String(dimension)}. Nothing was written.`,
    )
  }

  /** Vectors by id for the rows that bring a text alone. */
  async #embed({ signal, embedder }: CallContext, progress: ProgressReporter): Promise<Embedded> {
    const rows = this.#rows.filter((row) => row.vector === undefined)
    if (rows.length === 0) return { by: undefined, vectors: new Map() }
    const space = this.#collection.spaceOf(embedder)
    const texts = rows.map((row) => row.text ?? '')
    const vectors = await space.embedDocuments(texts, signal, progress)
    const found = new Map<string, Float32Array>()
    for (const [n, { id }] of rows.entries()) {
      const vector = vectors[n]
      if (vector) found.set(id, vector)
    }
    return { by: space.id, vectors: found }
  }

  #operation(embedded: Embedded): UpsertOperation {
    const rows = this.#rows
    const kinds = new Uint8Array(rows.length)
    const present: Float32Array[] = []
    for (const [n, { id, vector }] of rows.entries()) {
      const found = vector ?? embedded.vectors.get(id)
      if (!found) continue
      kinds[n] = vector ? VectorKind.given : VectorKind.embedded
      present.push(found)
    }
    const dimension = this.#collection.config.dimension ?? present[0]?.length ?? 0
    const vectors = new Float32Array(present.length * dimension)
    for (const [n, vector] of present.entries()) {
      if (vector.length !== dimension) {
        throw new QuiverError(
          'DIMENSION_MISMATCH',
          `A vector of ${String(vector.length)} dimensions came for collection "${this.#collection.name}", which has ${String(dimension)}. Nothing was written.`,
        )
      }
      vectors.set(vector, n * dimension)
    }
    return {
      type: 'upsert',
      collection: this.#collection.number,
      ids: rows.map(({ id }) => id),
      kinds,
      dimension,
      vectors,
      docs: rows.map(({ document }) => document),
    }
  }
}
