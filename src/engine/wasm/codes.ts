/** What the core calls the words of the interface. */
import type { Metric, Originals } from '../../contract/api.ts'
import type { IndexConfig, IndexPart, IndexSearchOptions } from '../index.ts'

export const METRICS: Record<Metric, number> = {
  cosine: 0,
  dot: 1,
  l2: 2,
  l1: 3,
  hamming: 4,
  jaccard: 5,
}
export const CODES: Record<IndexConfig['codes'], number> = { none: 0, int8: 1, f16: 2, '1bit': 3 }
export const ORIGINALS: Record<Originals, number> = { f32: 0, f16: 1 }
export const METHODS: Record<IndexSearchOptions['method'], number> = { graph: 0, scan: 1, exact: 2 }
export const PARTS: Record<IndexPart, number> = { state: 0, vectors: 1, codes: 2, graph: 3 }
