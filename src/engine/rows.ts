import { QuiverError } from '../contract/errors.ts'

/** Rows of the reference engine: a matrix cut into them, and chunks of them as they are saved. */

export function split(matrix: Float32Array, dimension: number): Float32Array[] {
  requireWhole(matrix.length % dimension === 0, matrix.length, dimension)
  const rows = matrix.length / dimension
  return Array.from({ length: rows }, (_, n) => matrix.slice(n * dimension, (n + 1) * dimension))
}

export function requireWhole(whole: boolean, length: number, dimension: number): void {
  if (whole) return
  throw new QuiverError('DIMENSION_MISMATCH', `${length} values are no rows of ${dimension}.`)
}

export function sealRows(rows: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const dimension = rows[0]?.length ?? 0
  const matrix = new Float32Array(rows.length * dimension)
  for (const [n, row] of rows.entries()) matrix.set(row, n * dimension)
  return seal(new Uint8Array(matrix.buffer))
}

export function unsealRows(chunk: Uint8Array, dimension: number): Float32Array[] {
  return split(new Float32Array(unseal(chunk).buffer), dimension)
}

/** The payload after its checksum. */
export function seal(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(4 + payload.length)
  new DataView(chunk.buffer).setUint32(0, checksum(payload))
  chunk.set(payload, 4)
  return chunk
}

export function unseal(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = chunk.slice(4)
  const header = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const saved = chunk.length < 4 ? -1 : header.getUint32(0)
  if (saved !== checksum(payload)) throw corrupt('a checksum does not match')
  return payload
}

/** FNV-1a. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

export function corrupt(what: string): QuiverError {
  return new QuiverError('CORRUPT', `The saved index cannot be used (${what}); build it again.`)
}
