import type { IndexSearchOptions } from '../engine/index.ts'

/** What a plan is made from. */
export interface PlanInput {
  /** Records that can be found. */
  readonly live: number
  /** Records that pass the filter; `undefined` without one. */
  readonly matching: number | undefined
  readonly graph: 'none' | 'present'
  readonly k: number
}

/** How a search is run, and why. */
export interface SearchPlan {
  readonly method: IndexSearchOptions['method']
  readonly reason: string
}

/** Asked for this share of all records, a walk would visit most of them anyway, one cache miss at a time. */
const SCAN_FROM_SHARE = 1 / 20

/** Pure: the same input gives the same plan. */
export function planSearch({ live, matching, graph, k }: PlanInput): SearchPlan {
  if (graph === 'none') {
    return { method: 'scan', reason: `no graph: all ${String(live)} records are scanned` }
  }
  if (matching !== undefined) {
    return {
      method: 'scan',
      reason: `filter: the ${String(matching)} matching records are scanned`,
    }
  }
  if (k > live * SCAN_FROM_SHARE) {
    return {
      method: 'scan',
      reason: `k of ${String(k)} is a large part of ${String(live)} records`,
    }
  }
  return { method: 'graph', reason: `graph over ${String(live)} records` }
}
