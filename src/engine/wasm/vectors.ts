/** Vectors out of a saved chunk of them, laid out as `rust-wasm/src/codec.rs` says, without an index around them. */
import { QuiverError } from '../../contract/errors.ts'
import { fromHalf } from '../half.ts'
import type { IndexConfig } from '../index.ts'

const HEADER_BYTES = 24
const VERSION = 1
const VECTORS = 1

/** @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export function readVectors(
  { dimension, originals }: Pick<IndexConfig, 'dimension' | 'originals'>,
  chunk: Uint8Array,
): Float32Array<ArrayBuffer> {
  const isHeader =
    chunk.length >= HEADER_BYTES && new TextDecoder().decode(chunk.subarray(0, 4)) === 'QVIX'
  if (!isHeader || chunk[6] !== VECTORS) throw damaged()
  const header = new DataView(chunk.buffer, chunk.byteOffset, HEADER_BYTES)
  if (header.getUint16(4, true) > VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      'The saved vectors are of a newer version. Update Quiver to read them.',
    )
  }
  // A copy lies where typed arrays may look at it.
  const payload = chunk.slice(HEADER_BYTES)
  const rowBytes = originals === 'f32' ? dimension * 4 : dimension * 2 + 4
  if (header.getUint32(12, true) !== payload.length || payload.length % rowBytes !== 0) {
    throw damaged()
  }
  if (originals === 'f32') return new Float32Array(payload.buffer)
  return scaled(payload, dimension, payload.length / rowBytes)
}

/** Halves of all rows, then the power of two that each row's are to be taken times. */
function scaled(payload: Uint8Array, dimension: number, rows: number): Float32Array<ArrayBuffer> {
  const bytes = new DataView(payload.buffer)
  const vectors = new Float32Array(rows * dimension)
  for (let row = 0; row < rows; row++) {
    const scale = bytes.getFloat32(rows * dimension * 2 + row * 4, true)
    for (let at = row * dimension; at < (row + 1) * dimension; at++) {
      vectors[at] = fromHalf(bytes.getUint16(at * 2, true)) * scale
    }
  }
  return vectors
}

function damaged(): QuiverError {
  return new QuiverError('CORRUPT', 'The saved vectors are not what an index wrote.')
}
