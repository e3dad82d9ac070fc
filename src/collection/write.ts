import type { CallOptions, RecordPatch, UpsertResult } from '../contract/api.ts'
import type { Fields, Filter } from '../contract/fields.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { type Operation, type UpsertOperation, VectorKind } from '../storage/operations.ts'
import { ProgressReporter } from '../platform/progress.ts'
import type { LocalCollection } from './collection.ts'
import type { CollectionConfig } from './config.ts'
import { matchRows } from './match.ts'
import {
  checkVector,
  decodeDocument,
  encodeDocument,
  type Properties,
  validateId,
  validateProperties,
  validateRecord,
  validateVector,
} from './records.ts'
import { describe, isPlainObject } from './values.ts'

interface PreparedRow {
  readonly id: string
  readonly document: string
  /** Given by the caller; without one, the text is embedded. */
  readonly vector: Float32Array | undefined
  readonly text: string | undefined
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
  async commit(options: CallOptions = {}): Promise<UpsertResult> {
    throwIfAborted(options.signal)
    if (this.#rows.length === 0) return { inserted: 0, updated: 0 }
    const progress = new ProgressReporter(options.onProgress)
    const embedded = await this.#embed(options.signal, progress)
    progress.report('writing', 0, this.#rows.length)
    const { config } = this.#collection
    const settled = config.dimension !== undefined && config.embedder !== undefined
    let operations: readonly Operation[] = []
    const result = await this.#collection.write({
      sharing: settled ? 'group' : 'alone',
      prepare: () => {
        throwIfAborted(options.signal)
        const operation = this.#operation(embedded)
        operations = this.#collection.configured(this.#settledConfig(operation), operation)
        return operations
      },
      apply: () => {
        const { state } = this.#collection
        const before = state.count
        for (const operation of operations) state.apply(operation)
        const inserted = state.count - before
        return { inserted, updated: this.#rows.length - inserted }
      },
    })
    progress.report('writing', this.#rows.length, this.#rows.length)
    await this.#collection.indexed(options.signal, progress)
    return result
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
  async #embed(
    signal: AbortSignal | undefined,
    progress: ProgressReporter,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const rows = this.#rows.filter((row) => row.vector === undefined)
    if (rows.length === 0) return new Map()
    const texts = rows.map((row) => row.text ?? '')
    const vectors = await this.#collection.space.embedDocuments(texts, signal, progress)
    const found = new Map<string, Float32Array>()
    for (const [n, { id }] of rows.entries()) {
      const vector = vectors[n]
      if (vector) found.set(id, vector)
    }
    return found
  }

  #operation(embedded: ReadonlyMap<string, Float32Array>): UpsertOperation {
    const rows = this.#rows
    const kinds = new Uint8Array(rows.length)
    const present: Float32Array[] = []
    for (const [n, { id, vector }] of rows.entries()) {
      const found = vector ?? embedded.get(id)
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

  /** The first write fixes dimension and embedding space where the options left them open. */
  #settledConfig(operation: UpsertOperation): CollectionConfig {
    const { config, space } = this.#collection
    if (operation.dimension === 0) return config
    const embeds = operation.kinds.includes(VectorKind.embedded)
    if (embeds && config.embedder === null) {
      throw new QuiverError(
        'EMBEDDER_MISMATCH',
        `Collection "${config.name}" was fixed to vectors without an embedder while this write was embedded by ${String(space.id)}. Nothing was written.`,
      )
    }
    return {
      ...config,
      dimension: config.dimension ?? operation.dimension,
      embedder:
        config.embedder === undefined ? (embeds ? (space.id ?? null) : null) : config.embedder,
    }
  }
}

/** Merges `patch` into a record and writes it whole. */
export async function update(
  collection: LocalCollection,
  id: string,
  patch: RecordPatch<Fields>,
  options: CallOptions,
): Promise<void> {
  validateId(id)
  if (!isPlainObject(patch)) {
    throw new QuiverError('INVALID_RECORD', `An update must be an object, got ${describe(patch)}.`)
  }
  for (;;) {
    throwIfAborted(options.signal)
    const row = collection.state.rowOf.get(id)
    const operation = await prepareUpdate(collection, id, patch, options)
    // A row is never reused: the same row is the same record, unchanged since it was read.
    const unchanged = (): boolean => collection.state.rowOf.get(id) === row
    const written = await collection.write({
      sharing: 'alone',
      prepare: () => (unchanged() ? [operation] : []),
      apply: () => {
        if (!unchanged()) return false
        collection.state.apply(operation)
        return true
      },
    })
    if (written) break
  }
  await collection.indexed(options.signal, new ProgressReporter(undefined))
}

async function prepareUpdate(
  collection: LocalCollection,
  id: string,
  patch: RecordPatch<Fields>,
  options: CallOptions,
): Promise<UpsertOperation> {
  const { state, config } = collection
  const row = state.rowOf.get(id)
  if (row === undefined) {
    throw new QuiverError(
      'NOT_FOUND',
      `There is no record ${describe(id)} in collection "${config.name}" to update; upsert writes new ones.`,
    )
  }
  const [document] = await state.documents.read([row], collection.storage)
  const { vector: givenVector, ...changes } = patch as Properties
  const properties = merge(decodeDocument(document ?? '{}'), changes)
  const text = validateProperties(properties, config.fields, id)
  const { vector, kind } = await updatedVector(collection, row, givenVector, changes, text, options)
  if (!vector && !text?.trim()) {
    throw new QuiverError(
      'INVALID_RECORD',
      `The update would leave record ${describe(id)} with neither a vector nor a text; delete it instead.`,
    )
  }
  const dimension = config.dimension ?? vector?.length ?? 0
  if (vector && vector.length !== dimension) {
    throw new QuiverError(
      'DIMENSION_MISMATCH',
      `The vector of record ${describe(id)} has ${String(vector.length)} dimensions, the collection ${String(dimension)}. Nothing was written.`,
    )
  }
  return {
    type: 'upsert',
    collection: collection.number,
    ids: [id],
    kinds: Uint8Array.of(kind),
    dimension,
    vectors: vector ?? new Float32Array(0),
    docs: [encodeDocument(properties, id)],
  }
}

/** The vector of a record after an update: the one given, the one of its new text, or the one it had. */
async function updatedVector(
  collection: LocalCollection,
  row: number,
  given: unknown,
  changes: Properties,
  text: string | undefined,
  options: CallOptions,
): Promise<{ vector: Float32Array | undefined; kind: number }> {
  const { state, config, space } = collection
  if (given !== undefined && given !== null) {
    const vector = validateVector(given, config.metric, 'the vector of the update')
    return { vector, kind: VectorKind.given }
  }
  const had = given !== null && state.hasVector(row)
  const embeds = config.embedder !== null
  if (had && !(embeds && Object.hasOwn(changes, 'text') && text?.trim())) {
    return { vector: state.index?.vector(row), kind: state.kinds[row] ?? VectorKind.none }
  }
  if (!text?.trim()) return { vector: undefined, kind: VectorKind.none }
  const progress = new ProgressReporter(options.onProgress)
  const [vector] = await space.embedDocuments([text], options.signal, progress)
  return { vector, kind: vector ? VectorKind.embedded : VectorKind.none }
}

/** Deletes the records that are there and answers how many went. */
export async function remove(
  collection: LocalCollection,
  target: string | readonly string[] | { readonly where: Filter },
): Promise<number> {
  const where =
    typeof target === 'object' && !Array.isArray(target) && 'where' in target
      ? target.where
      : undefined
  const asked = typeof target === 'string' ? [target] : target
  if (where === undefined && !Array.isArray(asked)) {
    throw new QuiverError(
      'INVALID_ID',
      `delete takes an id, an array of ids, or { where }, got ${describe(target)}.`,
    )
  }
  const ids = where === undefined ? (asked as readonly unknown[]).map(validateId) : []
  const operation = { type: 'delete', collection: collection.number, ids: [] as string[] } as const
  return collection.write({
    sharing: 'alone',
    prepare: () => {
      const { state } = collection
      const present =
        where === undefined
          ? [...new Set(ids)].filter((id) => state.rowOf.has(id))
          : matchRows(state, where)
              .rows()
              .map((row) => state.ids[row] ?? '')
      operation.ids.push(...present)
      return present.length === 0 ? [] : [operation]
    },
    apply: () => {
      collection.state.apply(operation)
      return operation.ids.length
    },
  })
}

function merge(properties: Properties, changes: Properties): Properties {
  const merged = new Map(Object.entries(properties))
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (value === null) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}
