/** Vectors and sets of rows that follow from a seed. */
import { random, randomMatrix, row } from '../../support/vectors.ts'

export function rowsOf(matrix: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: matrix.length / dimension }, (_, n) => row(matrix, dimension, n))
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** `rows` vectors around one centre that follows from the seed. */
export function cluster(rows: number, dimension: number, seed: number): Float32Array {
  const centre = randomMatrix(1, dimension, seed)
  const spread = randomMatrix(rows, dimension, seed * 31 + rows)
  return spread.map((value, i) => centre[i % dimension]! + 0.3 * value)
}

/** `rows` vectors around fifty centres, in no order. */
export function clustered(rows: number, dimension: number, seed: number): Float32Array {
  const centres = randomMatrix(50, dimension, 1)
  const next = random(seed)
  const matrix = new Float32Array(rows * dimension)
  for (let n = 0; n < rows; n++) {
    const centre = Math.floor(next() * 50) * dimension
    for (let i = 0; i < dimension; i++) {
      matrix[n * dimension + i] = centres[centre + i]! + next() - 0.5
    }
  }
  return matrix
}

export function rowsWhere(rows: number, share: number, seed: number): Set<number> {
  const next = random(seed)
  return new Set(Array.from({ length: rows }, (_, n) => n).filter(() => next() < share))
}

export function maskOf(matches: ReadonlySet<number>, rows: number): Uint8Array {
  const mask = new Uint8Array(Math.ceil(rows / 8))
  for (const n of matches) mask[n >> 3]! |= 1 << (n & 7)
  return mask
}
