/**
 * What is measured: an index, and the ways to ask it. Every library is wrapped as one `Build`, in a file of its own, so
 * that all are fed, asked and timed alike. Runs in the browser and in Node.
 */

/** Neighbours asked for. */
export const K = 10
export const M = 16
export const EF_CONSTRUCTION = 200

/** Unit vectors, row-major, and the K nearest rows of every query by cosine. */
export interface Data {
  readonly dimension: number
  readonly rows: Float32Array
  readonly queries: Float32Array
  readonly truth: Uint32Array
}

export interface Contender {
  /** Time to insert all rows. */
  readonly buildMs: number
  readonly bytes: Footprint
  /** The ways to ask it, by the name they have in the report. */
  readonly asks: Readonly<Record<string, Ask>>
}

/** Bytes of memory for all rows together. */
export interface Footprint {
  /** What a walk of the graph reads: the codes (or vectors) it compares, and the links. */
  readonly walked: number
  readonly total: number
}

/** Asks every query once. */
export type Ask = (ef: number) => Promise<Pass>

export interface Pass {
  readonly totalMs: number
  /** Of each query, in order; `undefined` where they are answered as one batch. */
  readonly latencies: readonly number[] | undefined
  /** Rows found for each query. */
  readonly found: readonly ArrayLike<number>[]
}

export type Build = (data: Data, onRows: (done: number) => void) => Promise<Contender>

/** Rows as views of the matrix. */
export function rowsOf(matrix: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: matrix.length / dimension }, (_, row) =>
    matrix.subarray(row * dimension, (row + 1) * dimension),
  )
}
