import type { RecordPatch } from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { ProgressReporter } from '../platform/progress.ts'
import { type Operation, type UpsertOperation, VectorKind } from '../storage/operations.ts'
import type { CallContext } from './call-context.ts'
import type { LocalCollection } from './collection.ts'
import type { EmbeddingSpace } from './embedding.ts'
import {
  decodeDocument,
  encodeDocument,
  type Properties,
  validateId,
  validateProperties,
  validateVector,
} from './records.ts'
import type { CollectionState } from './state.ts'
import { describe, isPlainObject } from './values.ts'
import { applyWrite, operationsFor } from './write.ts'

/** Merges `patch` into a record and writes it whole. */
export async function update(
  collection: LocalCollection,
  id: string,
  patch: RecordPatch<Fields>,
  options: CallContext,
): Promise<void> {
  validateId(id)
  if (!isPlainObject(patch)) {
    throw new QuiverError('INVALID_RECORD', `An update must be an object, got ${describe(patch)}.`)
  }
  if (patch['id'] !== undefined && patch['id'] !== id) {
    throw new QuiverError(
      'INVALID_ID',
      `An update cannot change the id of record ${describe(id)}; write a new record and delete this one.`,
    )
  }
  for (;;) {
    throwIfAborted(options.signal)
    const { state, row, operation, embeddedBy } = await collection.read((state) =>
      prepare(collection, state, id, patch, options),
    )
    // Within one state a row is never reused: the same row is the same record, unchanged since it was read.
    const unchanged = (): boolean => collection.state === state && state.rowOf.get(id) === row
    let operations: readonly Operation[] = []
    const written = await collection.write({
      call: options.call,
      sharing: 'alone',
      prepare: () => {
        operations = unchanged() ? operationsFor(collection, operation, embeddedBy) : []
        return operations
      },
      apply: () => {
        if (operations.length > 0) applyWrite(collection, operations, options.call)
        return operations.length > 0
      },
    })
    if (written) break
  }
  await collection.indexed(options.signal, new ProgressReporter(undefined))
}

interface PreparedUpdate {
  /** Where the record was read. */
  readonly state: CollectionState
  readonly row: number
  readonly operation: UpsertOperation
  /** The space the vector was made in for this update; `undefined` where it is another's work. */
  readonly embeddedBy: string | undefined
}

async function prepare(
  collection: LocalCollection,
  state: CollectionState,
  id: string,
  patch: RecordPatch<Fields>,
  options: CallContext,
): Promise<PreparedUpdate> {
  const { config } = state
  const row = state.findRow(id)
  if (row === undefined) {
    throw new QuiverError(
      'NOT_FOUND',
      `There is no record ${describe(id)} in collection "${config.name}" to update; upsert writes new ones.`,
    )
  }
  const [document] = await state.documents.read([row], collection.storage)
  const { vector: given, ...changes } = patch as Properties
  const properties = merge(decodeDocument(document ?? '{}'), changes)
  const text = validateProperties(properties, config.fields, id)
  const textChanged = Object.hasOwn(changes, 'text')
  const update = { row, given, textChanged, text, options }
  const { vector, kind, embeddedBy } = await updatedVector(
    collection.spaceOf(options.embedder),
    state,
    update,
  )
  if (!vector && !text?.trim()) {
    throw new QuiverError(
      'INVALID_RECORD',
      `The update would leave record ${describe(id)} with neither a vector nor a text; delete it instead.`,
    )
  }
  const operation: UpsertOperation = {
    type: 'upsert',
    collection: collection.number,
    ids: [id],
    kinds: Uint8Array.of(kind),
    dimension: vector?.length ?? config.dimension ?? 0,
    vectors: vector ?? new Float32Array(0),
    docs: [encodeDocument(properties, id)],
  }
  return { state, row, operation, embeddedBy }
}

interface VectorUpdate {
  readonly row: number
  /** The vector of the patch: `null` takes the old one away. */
  readonly given: unknown
  readonly textChanged: boolean
  readonly text: string | undefined
  readonly options: CallContext
}

/** The vector of a record after an update: the one given, the one of its new text, or the one it had. */
async function updatedVector(
  space: EmbeddingSpace,
  state: CollectionState,
  { row, given, textChanged, text, options }: VectorUpdate,
): Promise<{ vector: Float32Array | undefined; kind: number; embeddedBy: string | undefined }> {
  if (given !== undefined && given !== null) {
    const vector = validateVector(given, state.config.metric, 'the vector of the update')
    return { vector, kind: VectorKind.given, embeddedBy: undefined }
  }
  const hasText = text !== undefined && text.trim() !== ''
  const kind = given === null ? VectorKind.none : (state.kinds[row] ?? VectorKind.none)
  const embeds = state.config.embedder !== null
  // An embedded vector lives and changes with its text; a given one gives way to a text that can be embedded.
  const outdated = textChanged && (kind === VectorKind.embedded || (embeds && hasText))
  if (kind !== VectorKind.none && !outdated) {
    return { vector: await state.vector(row), kind, embeddedBy: undefined }
  }
  if (!hasText) return { vector: undefined, kind: VectorKind.none, embeddedBy: undefined }
  const progress = new ProgressReporter(options.onProgress)
  const [vector] = await space.embedDocuments([text], options.signal, progress)
  return { vector, kind: vector ? VectorKind.embedded : VectorKind.none, embeddedBy: space.id }
}

function merge(properties: Properties, changes: Properties): Properties {
  const merged = new Map(Object.entries(properties))
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || name === 'id') continue
    if (value === null) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}
