/**
 * A database as one file, version 1:
 *
 * ```
 *  0  u8 × 8   'QUIVERDB'
 *  8  u64      xxh64 of all that follows, up to the end of the head
 * 16  u32      version, 1
 * 20  u32      bytes of the head's JSON
 * 24           { chunks: [[generation, path, n, bytes, xxh64], ...], log: [[bytes, xxh64], ...], body }
 *              the chunks, then the pieces of the log: as the head lists them, nothing between them and nothing after
 * ```
 *
 * Chunks and `body` are a snapshot's, as its manifest has them. A piece of the log is whole operations, each of them
 * `u32 bytes`, `u8 × bytes`, and zeros up to a multiple of four. Every version to come keeps the first 24 bytes and their
 * checksum.
 *
 * The head names every piece by length and checksum: any of them is read without the others, a file that was cut off is
 * noticed before anything of it is used, and so is a piece that came from another file.
 */
import { QuiverError } from '../../contract/errors.ts'
import { ByteReader, ByteWriter, damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import { isCount, SEAL_BYTES, seal, verifySealed } from './sealed.ts'

/** What says how long the head is. */
export const ARCHIVE_PREFIX_BYTES = 24

const MAGIC = new TextEncoder().encode('QUIVERDB')
const VERSION = 1
/** Enough for a hundred gigabytes, and what a head may cost before it is known to be one. */
const MAX_HEAD_BYTES = 64 * 2 ** 20

export interface ArchiveHead {
  readonly chunks: readonly ArchivedChunk[]
  readonly log: readonly ArchivedPiece[]
  /** What the owner needs to read the chunks; JSON. */
  readonly body: unknown
}

export type ArchivedChunk = readonly [
  generation: number,
  path: string,
  n: number,
  bytes: number,
  hash: string,
]
export type ArchivedPiece = readonly [bytes: number, hash: string]

export function encodeArchiveHead(head: ArchiveHead, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(head))
  const writer = new ByteWriter(ARCHIVE_PREFIX_BYTES + json.byteLength)
  writer.bytes(MAGIC)
  writer.u64(0n)
  writer.u32(VERSION)
  writer.u32(json.byteLength)
  writer.bytes(json)
  const bytes = writer.finish()
  seal(bytes.subarray(MAGIC.length), checksum)
  return bytes
}

/** Where the head ends, from the first bytes of a file of `size`. @throws QuiverError `CORRUPT` */
export function archiveHeadEnd(prefix: Uint8Array, size: number): number {
  const known = prefix.byteLength >= ARCHIVE_PREFIX_BYTES
  if (!known || MAGIC.some((byte, n) => byte !== prefix[n])) {
    throw new QuiverError('CORRUPT', 'This is not a file that export() made.')
  }
  const length = new ByteReader(prefix.subarray(ARCHIVE_PREFIX_BYTES - 4)).u32()
  const end = ARCHIVE_PREFIX_BYTES + length
  if (length > MAX_HEAD_BYTES || end > size) throw damaged('the file ends within its head')
  return end
}

/** @param bytes of the file, up to the end of the head. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export function decodeArchiveHead(bytes: Uint8Array, checksum: Checksum): ArchiveHead {
  const sealed = verifySealed(bytes.subarray(MAGIC.length), 'the head of the file', checksum)
  const reader = new ByteReader(sealed)
  reader.bytes(SEAL_BYTES)
  const version = reader.u32()
  if (version !== VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `The file is of version ${version}, this Quiver reads ${VERSION}. Use a newer Quiver.`,
    )
  }
  const json = reader.text(reader.u32())
  reader.end()
  return parseHead(json)
}

/** A piece of the log. */
export function encodeOperations(operations: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(operations.reduce((sum, each) => sum + each.byteLength + 8, 0))
  for (const operation of operations) {
    writer.u32(operation.byteLength)
    writer.bytes(operation)
    writer.align()
  }
  return writer.finish()
}

/** Views of `piece`. @throws QuiverError `CORRUPT` */
export function* decodeOperations(piece: Uint8Array): Generator<Uint8Array> {
  const reader = new ByteReader(piece)
  while (reader.remaining > 0) {
    yield reader.bytes(reader.u32())
    reader.align()
  }
}

function parseHead(json: string): ArchiveHead {
  let head: unknown
  try {
    head = JSON.parse(json)
  } catch (cause) {
    throw new QuiverError('CORRUPT', 'Stored data is damaged: the head of the file is not JSON.', {
      cause,
    })
  }
  const { chunks, log, body } = (head ?? {}) as Record<string, unknown>
  const whole = isListOf(chunks, isChunk) && isListOf(log, isPiece)
  if (!whole) throw damaged('the head of the file does not list its pieces')
  return { chunks, log, body }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem)
}

function isChunk(item: unknown): item is ArchivedChunk {
  if (!Array.isArray(item)) return false
  const [generation, path, n, ...piece] = item as unknown[]
  return isCount(generation) && typeof path === 'string' && isCount(n) && isPiece(piece)
}

function isPiece(item: unknown): item is ArchivedPiece {
  return Array.isArray(item) && isCount(item[0]) && typeof item[1] === 'string'
}
