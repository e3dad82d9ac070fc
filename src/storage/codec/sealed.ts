/**
 * Sealed bytes: what is stored as one value of its own and can tell whether it is whole.
 *
 * ```
 * u64       xxh64 of all that follows
 * u8 × n    content
 * ```
 */
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'

/** Where the content begins. */
export const SEAL_BYTES = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder()

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

/** @throws QuiverError `CORRUPT` */
export function openSealedJson(value: unknown, what: string, checksum: Checksum): unknown {
  const bytes = verifySealed(value, what, checksum)
  return JSON.parse(decoder.decode(bytes.subarray(SEAL_BYTES)))
}
