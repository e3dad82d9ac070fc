/**
 * The header of a store: sealed JSON (`sealed.ts`) under the key `header` of `meta`. Every version to come must be able
 * to read this one record of every other.
 *
 * ```
 * { format: 1, storeUUID, readerFlags: [...], writerFlags: [...] }
 * ```
 *
 * A flag names a feature the data makes use of: who does not know a reader flag must not read, who does not know a
 * writer flag must not write.
 */
import { QuiverError } from '../../contract/errors.ts'
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import { isCount, isStrings, openSealedJson, sealJson } from './sealed.ts'

const FORMAT = 1
const KNOWN_READER_FLAGS: readonly string[] = []
const KNOWN_WRITER_FLAGS: readonly string[] = []

export interface Header {
  readonly format: number
  /** Tells this store from another one that later got the same name. */
  readonly storeUUID: string
  readonly readerFlags: readonly string[]
  readonly writerFlags: readonly string[]
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
  const { format, storeUUID, readerFlags, writerFlags } = openSealedJson(
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
  return { format, storeUUID, readerFlags, writerFlags }
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
