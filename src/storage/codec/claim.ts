/**
 * Where the claim of an epoch is in the log, sealed (`sealed.ts`):
 *
 * ```
 * u64  xxh64 of what follows
 * u64  sequence number
 * ```
 *
 * Format 1 stored the bare number.
 */
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import { isCount, SEAL_BYTES, seal, verifySealed } from './sealed.ts'

export function encodeClaim(seq: number, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(SEAL_BYTES + 8)
  new DataView(bytes.buffer).setBigUint64(SEAL_BYTES, BigInt(seq), true)
  seal(bytes, checksum)
  return bytes
}

/** @throws QuiverError `CORRUPT` */
export function decodeClaim(value: unknown, epoch: number, checksum: Checksum): number {
  if (isCount(value)) return value
  const what = `the claim of epoch ${epoch}`
  const bytes = verifySealed(value, what, checksum)
  if (bytes.byteLength !== SEAL_BYTES + 8) throw damaged(`${what} has another length`)
  const seq = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(SEAL_BYTES, true))
  if (!isCount(seq)) throw damaged(`${what} lies beyond what a log can hold`)
  return seq
}
