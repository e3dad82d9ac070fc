import type { Metric } from '../contract/api.ts'

export type Distance = (a: Float32Array, b: Float32Array) => number

/** Every metric's distance as it is defined, in double precision: lower is closer. Both vectors are of one length. */
export const DISTANCES: Readonly<Record<Metric, Distance>> = {
  cosine: (a, b) => {
    const lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b))
    return lengths === 0 ? 1 : 1 - dot(a, b) / lengths
  },
  dot: (a, b) => -dot(a, b),
  l2: (a, b) => {
    let sum = 0
    for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
    return Math.sqrt(sum)
  },
  l1: (a, b) => {
    let sum = 0
    for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!)
    return sum
  },
  hamming: (a, b) => {
    const { both, either } = overlap(a, b)
    return either - both
  },
  jaccard: (a, b) => {
    const { both, either } = overlap(a, b)
    return either === 0 ? 0 : 1 - both / either
  },
}

/** Metrics that take a vector for a set: the positions whose value is above 0. */
export function comparesSets(metric: Metric): boolean {
  return metric === 'hamming' || metric === 'jaccard'
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** How many positions are in both sets, and in either. */
function overlap(a: Float32Array, b: Float32Array): { both: number; either: number } {
  let both = 0
  let either = 0
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > 0 && b[i]! > 0) both++
    if (a[i]! > 0 || b[i]! > 0) either++
  }
  return { both, either }
}
