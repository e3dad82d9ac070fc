/** A small generator with a seed, so that a failure happens again (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** `rows` vectors with values in [-1, 1), row-major. */
export function randomMatrix(rows: number, dimension: number, seed: number): Float32Array {
  const next = random(seed)
  return Float32Array.from({ length: rows * dimension }, () => next() * 2 - 1)
}

export function row(matrix: Float32Array, dimension: number, n: number): Float32Array {
  return matrix.slice(n * dimension, (n + 1) * dimension)
}

export function idsOf(rows: number): string[] {
  return Array.from({ length: rows }, (_, n) => `id-${String(n)}`)
}

/** Rows by cosine, nearest first, computed in f64: what a search is compared with. */
export function nearestByCosine(
  matrix: Float32Array,
  dimension: number,
  query: Float32Array,
  k: number,
): number[] {
  const scored = Array.from({ length: matrix.length / dimension }, (_, n) => ({
    n,
    score: cosine(query, row(matrix, dimension, n)),
  }))
  return scored
    .sort((a, b) => b.score - a.score || a.n - b.n)
    .slice(0, k)
    .map(({ n }) => n)
}

export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0
  let aa = 0
  let bb = 0
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? 0
    dot += value * other
    aa += value * value
    bb += other * other
  }
  return dot / Math.sqrt(aa * bb)
}
