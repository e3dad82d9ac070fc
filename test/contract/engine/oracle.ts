/** What an answer must be: all metrics by their definitions. */
import { expect } from 'vitest'
import type { Metric } from '../../../src/contract/api.ts'
import type { IndexSearchOptions, Neighbors, VectorIndex } from '../../../src/engine/index.ts'
import { rowsOf } from './data.ts'

export interface Scored {
  readonly n: number
  readonly distance: number
}

/** All rows by the metric's definition in double precision, nearest first. */
export function definition(matrix: Float32Array, query: Float32Array, metric: Metric): Scored[] {
  const scored = Array.from(distancesTo(matrix, query, metric), (distance, n) => ({ n, distance }))
  return scored.sort((a, b) => a.distance - b.distance || a.n - b.n)
}

function distancesTo(matrix: Float32Array, query: Float32Array, metric: Metric): Float64Array {
  const dimension = query.length
  const distances = new Float64Array(matrix.length / dimension)
  for (let n = 0; n < distances.length; n++) {
    let [dot, own, other, squares, absolute, both, either] = [0, 0, 0, 0, 0, 0, 0]
    for (let i = 0; i < dimension; i++) {
      const q = query[i]!
      const v = matrix[n * dimension + i]!
      dot += q * v
      own += q * q
      other += v * v
      squares += (q - v) ** 2
      absolute += Math.abs(q - v)
      both += Number(q > 0 && v > 0)
      either += Number(q > 0 || v > 0)
    }
    distances[n] = {
      cosine: own * other === 0 ? 1 : 1 - dot / Math.sqrt(own) / Math.sqrt(other),
      dot: -dot,
      l2: Math.sqrt(squares),
      l1: absolute,
      hamming: either - both,
      jaccard: either === 0 ? 0 : 1 - both / either,
    }[metric]
  }
  return distances
}

/** The answer is the first `k` of the definition, but for rounding. */
export function expectNearest(found: Neighbors, expected: readonly Scored[], k: number): void {
  expect(found.rows).toHaveLength(k)
  expect(new Set(found.rows).size).toBe(k)
  const distanceOf = new Map(expected.map(({ n, distance }) => [n, distance]))
  for (const [i, n] of found.rows.entries()) {
    const tolerance = 1e-5 * Math.max(1, Math.abs(expected[i]!.distance))
    expect(Math.abs(found.distances[i]! - expected[i]!.distance)).toBeLessThan(tolerance)
    expect(Math.abs(found.distances[i]! - distanceOf.get(n)!)).toBeLessThan(tolerance)
  }
}

/** The share of answers that are as near as the definition's, over all queries. */
export function recall(
  index: VectorIndex,
  matrix: Float32Array,
  queries: Float32Array,
  options: IndexSearchOptions,
  among?: ReadonlySet<number>,
): number {
  const { dimension, metric } = index.config
  let [found, wanted] = [0, 0]
  for (const query of rowsOf(queries, dimension)) {
    const all = distancesTo(matrix, query, metric)
    const expected = among ? all.filter((_, n) => among.has(n)) : all
    const farthest = expected.sort()[options.k - 1]!
    const limit = farthest + 1e-5 * Math.max(1, Math.abs(farthest))
    const { distances } = index.search(query, options)
    found += distances.filter((distance) => distance <= limit).length
    wanted += options.k
  }
  return found / wanted
}
