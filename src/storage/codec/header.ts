/**
 * The header of a store: sealed JSON (`sealed.ts`) in `meta`. Every version to come must be able to read this one record of
 * every other.
 *
 * ```
 * { format: 2, storeUUID, readerFlags: [...], writerFlags: [...], encryption?: { kdf, salt, iterations, check } }
 * ```
 *
 * A flag names a feature the data makes use of: who does not know a reader flag must not read, who does not know a
 * writer flag must not write. The header alone is read before anything is written, so whoever raises the version of any
 * other record (log record, write, operation, manifest, claim, chunk) raises the format or adds a flag: else a version that
 * must refuse the data finds out only after it has claimed the log.
 *
 * Format 1 kept one header, claims without a checksum, and operations one by one in the log. It is read as it is; the first
 * claim by this version raises the format, in the claim's own transaction, and what else is old goes with the folds to come.
 */
import { QuiverError } from '../../contract/errors.ts'
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import type { EncryptionHeader } from './cipher.ts'
import { isCount, isStrings, openSealedJson, sealJson } from './sealed.ts'

const FORMAT = 2
/** `encrypted`: see `cipher.ts`. */
const KNOWN_READER_FLAGS: readonly string[] = ['encrypted']
const KNOWN_WRITER_FLAGS: readonly string[] = []

export interface Header {
  readonly format: number
  /** Tells this store from another one that later got the same name. */
  readonly storeUUID: string
  readonly readerFlags: readonly string[]
  readonly writerFlags: readonly string[]
  /** There with the reader flag `encrypted`. */
  readonly encryption?: EncryptionHeader
}

/** The header of a store whose values are encrypted. */
export function encrypted(header: Header, encryption: EncryptionHeader): Header {
  return { ...header, readerFlags: ['encrypted'], encryption }
}

/** What the two places for it hold together. */
export interface StoredHeader {
  readonly header: Header
  /** One of them is not what was written. */
  readonly damaged: boolean
}

export function newHeader(): Header {
  const random = crypto.getRandomValues(new Uint8Array(16))
  const storeUUID = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { format: FORMAT, storeUUID, readerFlags: [], writerFlags: [] }
}

export function encodeHeader(header: Header, checksum: Checksum): Uint8Array {
  return sealJson(header, checksum)
}

/** @throws QuiverError `CORRUPT`, and `NEWER_FORMAT` where this version must not read on */
export function decodeHeader(value: unknown, checksum: Checksum): Header {
  const { format, storeUUID, readerFlags, writerFlags, encryption } = openSealedJson(
    value,
    'the header',
    checksum,
  )
  if (!isCount(format)) throw damaged('the header names no format')
  if (format > FORMAT) throw newerFormat(`is of format ${format}`)
  if (typeof storeUUID !== 'string' || !isStrings(readerFlags) || !isStrings(writerFlags)) {
    throw damaged('the header lacks what every header has')
  }
  const unknown = unknownFlags(readerFlags, KNOWN_READER_FLAGS)
  if (unknown.length > 0) throw newerFormat(`makes use of ${unknown.join(', ')}`)
  const header = { format, storeUUID, readerFlags, writerFlags }
  if (!readerFlags.includes('encrypted')) return header
  return { ...header, encryption: requireEncryption(encryption) }
}

function requireEncryption(value: unknown): EncryptionHeader {
  const { kdf, salt, iterations, check } = (value ?? {}) as Record<string, unknown>
  const known = kdf === 'none' || kdf === 'PBKDF2-SHA-256'
  if (!known || !isHex(salt) || !isHex(check) || !isCount(iterations)) {
    throw damaged('the header does not say how to open what is encrypted')
  }
  return { kdf, salt, iterations, check }
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^([0-9a-f]{2})+$/.test(value)
}

/** The header of either place, where not both are damaged. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export function decodeHeaders(values: readonly unknown[], checksum: Checksum): StoredHeader {
  const headers: Header[] = []
  let damage: unknown
  for (const value of values) {
    try {
      headers.push(decodeHeader(value, checksum))
    } catch (error) {
      if (!(error instanceof QuiverError) || error.code !== 'CORRUPT') throw error
      damage ??= error
    }
  }
  const [header] = headers
  if (!header) throw damage
  return { header, damaged: header.format > 1 && headers.length < values.length }
}

/** The header as this version writes it; `undefined` where it already is. */
export function raised(header: Header): Header | undefined {
  return header.format < FORMAT ? { ...header, format: FORMAT } : undefined
}

/** What keeps this version from writing, or `undefined`. */
export function refusesWriting(header: Header): QuiverError | undefined {
  const unknown = unknownFlags(header.writerFlags, KNOWN_WRITER_FLAGS)
  return unknown.length > 0
    ? newerFormat(`can be read but not changed: it makes use of ${unknown.join(', ')}`)
    : undefined
}

function unknownFlags(flags: readonly string[], known: readonly string[]): string[] {
  return flags.filter((flag) => !known.includes(flag))
}

function newerFormat(why: string): QuiverError {
  return new QuiverError(
    'NEWER_FORMAT',
    `The stored data ${why}; it was written by a newer Quiver and nothing of it was changed. Use that version or a later one.`,
  )
}
