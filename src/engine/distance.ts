import type { Metric } from '../contract/api.ts'

export type Distance = (a: Float32Array, b: Float32Array) => number

/** Every metric's distance as it is defined, in double precision: lower is closer. Both vectors are of one length. */
export const DISTANCES: Readonly<Record<Metric, Distance>> = {
  cosine: (a, b) => {
    const lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b))
    return lengths === 0 ? 1 : 1 - dot(a, b) / lengths
  },
  dot: (a, b) => -dot(a, b),
  l2: (a, b) => Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2)),
  l1: (a, b) => sum(a, b, (x, y) => Math.abs(x - y)),
  hamming: (a, b) => sum(a, b, (x, y) => Number(x > 0 !== y > 0)),
  jaccard: (a, b) => {
    const union = sum(a, b, (x, y) => Number(x > 0 || y > 0))
    return union === 0 ? 0 : 1 - sum(a, b, (x, y) => Number(x > 0 && y > 0)) / union
  },
}

/** Metrics that take a vector for a set: the positions whose value is above 0. */
export function comparesSets(metric: Metric): boolean {
  return metric === 'hamming' || metric === 'jaccard'
}

function dot(a: Float32Array, b: Float32Array): number {
  return sum(a, b, (x, y) => x * y)
}

function sum(a: Float32Array, b: Float32Array, term: (x: number, y: number) => number): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += term(a[i]!, b[i]!)
  return total
}
