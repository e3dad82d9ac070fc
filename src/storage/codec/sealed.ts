/**
 * Sealed bytes: what is stored as one value of its own and can tell whether it is whole.
 *
 * ```
 * u64       xxh64 of all that follows
 * u8 × n    content
 * ```
 */
import { QuiverError } from '../../contract/errors.ts'
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'

/** Where the content begins. */
export const SEAL_BYTES = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Writes the checksum of the content into the room left for it at the start. */
export function seal(bytes: Uint8Array, checksum: Checksum): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setBigUint64(0, checksum(bytes.subarray(SEAL_BYTES)), true)
}

/** Sealed bytes as they were stored. @throws QuiverError `CORRUPT` for anything else */
export function verifySealed(value: unknown, what: string, checksum: Checksum): Uint8Array {
  if (!(value instanceof Uint8Array) || value.byteLength < SEAL_BYTES) {
    throw damaged(`${what} is missing or cut short`)
  }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (view.getBigUint64(0, true) !== checksum(value.subarray(SEAL_BYTES))) {
    throw damaged(`${what} does not match its checksum`)
  }
  return value
}

export function sealJson(value: unknown, checksum: Checksum): Uint8Array {
  const json = encoder.encode(JSON.stringify(value))
  const bytes = new Uint8Array(SEAL_BYTES + json.byteLength)
  bytes.set(json, SEAL_BYTES)
  seal(bytes, checksum)
  return bytes
}

/** The properties of the object that was sealed, none of which is checked. @throws QuiverError `CORRUPT` */
export function openSealedJson(
  value: unknown,
  what: string,
  checksum: Checksum,
): Readonly<Record<string, unknown>> {
  const bytes = verifySealed(value, what, checksum)
  let opened: unknown
  try {
    opened = JSON.parse(decoder.decode(bytes.subarray(SEAL_BYTES)))
  } catch (cause) {
    throw new QuiverError('CORRUPT', `Stored data is damaged: ${what} is not JSON.`, { cause })
  }
  if (typeof opened !== 'object' || opened === null) throw damaged(`${what} is not an object`)
  return opened as Record<string, unknown>
}

/** A whole number that a double holds exactly, from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
