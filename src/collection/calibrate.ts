import type { Metric } from '../contract/api.ts'
import type { VectorIndex } from '../engine/index.ts'
import {
  type Calibration,
  calibrationIsDue,
  curvesThrough,
  type GraphSize,
  MEASURED,
  sampleOf,
  type SampleRecall,
} from './calibration.ts'
import type { CollectionState } from './state.ts'

/** Values compared by one exact call: a few milliseconds. */
const SLICE_VALUES = 1 << 22

/** What rounding may make of one distance, in parts of it, or of 1 under cosine. */
const ROUNDING = 1e-6

/** Whether the graph is whole, and was not measured since it became what it is. */
export function isToCalibrate({ index, calibration }: CollectionState): boolean {
  if (!index?.config.graph || index.waiting > 0) return false
  return calibrationIsDue(calibration, sizeOf(index))
}

/**
 * Measures walks against the exact scan, with rows of the collection as queries that their own walk does not meet. Yields
 * after every call of the engine. What is written in between blurs the row at hand, one of a hundred, and no more.
 */
export function* calibrate(
  state: CollectionState,
  index: VectorIndex,
): Generator<undefined, Calibration> {
  const rows = state.live.rows().filter((row) => state.hasVector(row))
  const samples: SampleRecall[] = []
  for (const row of sampleOf(rows)) samples.push(yield* recallOf(index, row))
  return { ...sizeOf(index), curves: curvesThrough(samples) }
}

function* recallOf(index: VectorIndex, row: number): Generator<undefined, SampleRecall> {
  const largestK = Math.max(...MEASURED.map(({ k }) => k))
  const nearest = yield* exactDistances(index, row, largestK)
  const sample: number[][] = []
  for (const { k, ladder } of MEASURED) {
    const wanted = nearest.slice(0, k)
    const recalls: number[] = []
    for (const ef of ladder) {
      const { distances } = index.searchRow(row, { k, ef, method: 'graph' })
      recalls.push(shareFound(distances, wanted, index.config.metric))
      yield
    }
    sample.push(recalls)
  }
  return sample
}

/** Distances of the k nearest rows, nearest first. A stretch of rows at a time, which a mask picks out. */
export function* exactDistances(
  index: VectorIndex,
  row: number,
  k: number,
): Generator<undefined, readonly number[]> {
  const stretch = Math.ceil(SLICE_VALUES / index.config.dimension / 8) * 8
  let nearest: number[] = []
  for (let from = 0; from < index.rows; from += stretch) {
    const mask = new Uint8Array((from + stretch) / 8).fill(0xff, from / 8)
    const { distances } = index.searchRow(row, { k, ef: k, method: 'exact', mask })
    nearest = [...nearest, ...distances].sort((a, b) => a - b).slice(0, k)
    yield
  }
  return nearest
}

/** By distance, not by row: among equal vectors any answer is right. */
export function shareFound(
  distances: Float32Array,
  wanted: readonly number[],
  metric: Metric,
): number {
  const farthest = wanted.at(-1) ?? 0
  const limit = farthest + ROUNDING * (metric === 'cosine' ? 1 : Math.abs(farthest))
  return distances.filter((distance) => distance <= limit).length / wanted.length
}

function sizeOf({ indexed, rows, live }: VectorIndex): GraphSize {
  return { indexed, removed: rows - live }
}
