/**
 * What the log holds: every change of a database, as bytes. Version 1:
 *
 * ```
 * u8    version, 1
 * u8    type: 1 create, 2 configure, 3 drop, 4 upsert, 5 delete
 * u16   zero
 * u32   collection
 * ```
 *
 * then, by type:
 *
 * ```
 * create, configure   strings: one, the config as JSON
 * drop                nothing
 * upsert              u32 count, u32 dimension,
 *                     u8 × count kinds, zeros up to a multiple of four,
 *                     f32 × dimension for each kind that is not 0,
 *                     strings: count ids, strings: count documents
 * delete              strings: ids
 * ```
 *
 * Strings are laid out as in `codec/strings.ts`. There is no checksum here: the log record around it has one.
 *
 * What one call changes is one write, all or nothing. A log of version 1 holds single operations; since version 2 it holds
 *
 * ```
 * u8    version, 2
 * u8 × 3  zero
 * u32   operations
 * u64   the caller, u64 the number of its call; both 0 where nobody will ask whether it was written
 * ```
 *
 * and the operations one after the other, each from a multiple of four on.
 */
import { QuiverError } from '../contract/errors.ts'
import { ByteReader, ByteWriter, damaged } from './codec/bytes.ts'
import { readStrings, writeStrings } from './codec/strings.ts'

const VERSION = 1
const WRITE_VERSION = 2
const TYPES = ['create', 'configure', 'drop', 'upsert', 'delete'] as const

/** Where the vector of an upserted record came from. */
export const VectorKind = { none: 0, given: 1, embedded: 2 } as const

export type Operation =
  | {
      readonly type: 'create' | 'configure'
      readonly collection: number
      /** JSON. */
      readonly config: unknown
    }
  | { readonly type: 'drop'; readonly collection: number }
  | UpsertOperation
  | { readonly type: 'delete'; readonly collection: number; readonly ids: readonly string[] }

export interface UpsertOperation {
  readonly type: 'upsert'
  readonly collection: number
  readonly ids: readonly string[]
  /** A `VectorKind` for each id. */
  readonly kinds: Uint8Array
  /** Values of one vector; 0 where no record has one. */
  readonly dimension: number
  /** The vectors of the ids whose kind is not `none`, in order, row-major. */
  readonly vectors: Float32Array
  /** JSON text for each id. */
  readonly docs: readonly string[]
}

/** Names a call that changes something, so that it can be asked whether it did. */
export interface CallId {
  /** The caller: 64 random bits. */
  readonly caller: bigint
  /** Counts its calls, from 1. */
  readonly n: bigint
}

/** The operations of one call: all of them happen, or none. */
export interface LoggedWrite {
  readonly call: CallId | undefined
  readonly operations: readonly Operation[]
}

/** @throws QuiverError `INVALID_RECORD` where a string holds half a surrogate pair */
export function encodeWrite({ call, operations }: LoggedWrite): Uint8Array {
  const writer = new ByteWriter(operations.reduce((sum, each) => sum + sizeHint(each), 32))
  writer.u8(WRITE_VERSION)
  writer.align()
  writer.u32(operations.length)
  writer.u64(call?.caller ?? 0n)
  writer.u64(call?.n ?? 0n)
  for (const operation of operations) {
    writer.align()
    writeOperation(writer, operation)
  }
  return writer.finish()
}

/**
 * The write that was encoded, or the one operation that older logs hold. Its parts may be views of `bytes`.
 * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`
 */
export function decodeWrite(bytes: Uint8Array): LoggedWrite {
  const reader = new ByteReader(bytes)
  const version = bytes[0] ?? 0
  if (version > WRITE_VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `A write is of version ${version}, this Quiver reads up to ${WRITE_VERSION}. Use a newer Quiver.`,
    )
  }
  if (version !== WRITE_VERSION) return { call: undefined, operations: [decodeOperation(bytes)] }
  reader.u8()
  reader.align()
  const count = reader.u32()
  const [caller, n] = [reader.u64(), reader.u64()]
  const operations: Operation[] = []
  for (let i = 0; i < count; i++) {
    reader.align()
    operations.push(readOperation(reader))
  }
  reader.end()
  return { call: caller === 0n ? undefined : { caller, n }, operations }
}

/** @throws QuiverError `INVALID_RECORD` where a string holds half a surrogate pair */
export function encodeOperation(operation: Operation): Uint8Array {
  const writer = new ByteWriter(sizeHint(operation))
  writeOperation(writer, operation)
  return writer.finish()
}

function writeOperation(writer: ByteWriter, operation: Operation): void {
  writer.u8(VERSION)
  writer.u8(TYPES.indexOf(operation.type) + 1)
  writer.align()
  writer.u32(operation.collection)
  switch (operation.type) {
    case 'create':
    case 'configure':
      writeStrings(writer, [JSON.stringify(operation.config)])
      break
    case 'drop':
      break
    case 'upsert':
      writeUpsert(writer, operation)
      break
    case 'delete':
      writeStrings(writer, operation.ids)
      break
  }
}

/**
 * The operation that was encoded. Its `kinds` and `vectors` may be views of `bytes`.
 * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`
 */
export function decodeOperation(bytes: Uint8Array): Operation {
  const reader = new ByteReader(bytes)
  const operation = readOperation(reader)
  reader.end()
  return operation
}

function readOperation(reader: ByteReader): Operation {
  const version = reader.u8()
  if (version > VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `An operation is of version ${version}, this Quiver reads up to ${VERSION}. Use a newer Quiver.`,
    )
  }
  const type = TYPES[reader.u8() - 1]
  reader.align()
  if (version !== VERSION || type === undefined) throw damaged('unknown operation')
  return readBody(reader, type, reader.u32())
}

function readBody(reader: ByteReader, type: (typeof TYPES)[number], collection: number): Operation {
  switch (type) {
    case 'create':
    case 'configure':
      return { type, collection, config: readJson(reader) }
    case 'drop':
      return { type, collection }
    case 'upsert':
      return readUpsert(reader, collection)
    case 'delete':
      return { type, collection, ids: readStrings(reader) }
  }
}

function writeUpsert(writer: ByteWriter, operation: UpsertOperation): void {
  const { ids, kinds, dimension, vectors, docs } = operation
  const fits =
    kinds.length === ids.length &&
    docs.length === ids.length &&
    vectors.length === countVectors(kinds) * dimension
  // Written all the same it would be unreadable, and found out only at the next start.
  if (!fits) throw new QuiverError('INTERNAL', 'The parts of an upsert do not fit together.')
  writer.u32(ids.length)
  writer.u32(dimension)
  writer.bytes(kinds)
  writer.align()
  writer.bytes(vectors)
  writeStrings(writer, ids)
  writeStrings(writer, docs)
}

function readUpsert(reader: ByteReader, collection: number): UpsertOperation {
  const count = reader.u32()
  const dimension = reader.u32()
  const kinds = reader.bytes(count)
  reader.align()
  if (kinds.some((kind) => kind > VectorKind.embedded)) throw damaged('unknown kind of vector')
  const vectors = reader.f32s(countVectors(kinds) * dimension)
  const ids = readStrings(reader)
  const docs = readStrings(reader)
  if (ids.length !== count || docs.length !== count) {
    throw damaged(`${ids.length} ids and ${docs.length} documents where ${count} are expected`)
  }
  return { type: 'upsert', collection, ids, kinds, dimension, vectors, docs }
}

function readJson(reader: ByteReader): unknown {
  const [text, ...rest] = readStrings(reader)
  if (text === undefined || rest.length > 0) throw damaged('one config expected')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new QuiverError('CORRUPT', 'Stored data is damaged: a config is not JSON.', { cause })
  }
}

function countVectors(kinds: Uint8Array): number {
  let count = 0
  for (const kind of kinds) if (kind !== VectorKind.none) count++
  return count
}

/** Bytes the operation needs if its texts are ASCII. */
function sizeHint(operation: Operation): number {
  if (operation.type !== 'upsert') return 256
  let text = 0
  for (const id of operation.ids) text += id.length
  for (const doc of operation.docs) text += doc.length
  return 64 + operation.vectors.byteLength + operation.ids.length * 9 + text
}
