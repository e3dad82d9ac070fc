/** The `k` rows with the largest inner product, best first, for each query; matrices are row-major. */
export function nearest(
  rows: Float32Array,
  queries: Float32Array,
  dimension: number,
  k: number,
): Uint32Array {
  const found = new Uint32Array((queries.length / dimension) * k)
  const scores = new Float64Array(rows.length / dimension)
  for (let query = 0; query < queries.length / dimension; query++) {
    for (let row = 0; row < scores.length; row++) {
      scores[row] = dot(rows, row * dimension, queries, query * dimension, dimension)
    }
    found.set(largest(scores, k), query * k)
  }
  return found
}

function dot(
  a: Float32Array,
  atA: number,
  b: Float32Array,
  atB: number,
  dimension: number,
): number {
  let sum = 0
  for (let i = 0; i < dimension; i++) sum += a[atA + i]! * b[atB + i]!
  return sum
}

/** Places of the k largest values, largest first. */
function largest(values: Float64Array, k: number): number[] {
  const best: number[] = []
  for (let place = 0; place < values.length; place++) {
    if (best.length === k && values[place]! <= values[best[k - 1]!]!) continue
    let at = best.length
    while (at > 0 && values[best[at - 1]!]! < values[place]!) at--
    best.splice(at, 0, place)
    if (best.length > k) best.pop()
  }
  return best
}
