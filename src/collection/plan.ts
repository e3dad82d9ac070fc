import type { IndexSearchOptions } from '../engine/index.ts'

/** What a plan is made from. */
export interface PlanInput {
  /** Records that can be found. */
  readonly live: number
  /** Records that pass the filter; `undefined` without one. */
  readonly matching: number | undefined
  readonly graph: 'none' | 'present'
  readonly k: number
  readonly radius: number | undefined
  readonly targetRecall: number | undefined
  /** How wide a walk must be; `Infinity` where none is known to be wide enough. */
  readonly ef: number
  /** Until vectors as given are read, hits are found and measured by their codes. */
  readonly originals: 'present' | 'loading'
}

/** How a search is run, and why. */
export interface SearchPlan {
  readonly method: IndexSearchOptions['method']
  readonly reason: string
  /** Of a walk. */
  readonly ef: number | undefined
}

/** Asked for this share of the records, a walk would visit most of them anyway, one cache miss at a time. */
const SCAN_FROM_K_SHARE = 1 / 20

/** So few matching records are scanned sooner than a walk finds its way to them. */
const SCAN_UP_TO_MATCHING_SHARE = 1 / 20

/** Pure: the same input gives the same plan. */
export function planSearch(input: PlanInput): SearchPlan {
  const plan = planOf(input)
  if (input.originals === 'present') return plan
  const reason = `${plan.reason}; by codes alone, as the vectors are still being read`
  return { ...plan, reason }
}

function planOf(input: PlanInput): SearchPlan {
  const { live, matching, graph, k, radius, targetRecall, ef } = input
  const candidates = matching ?? live
  if (radius !== undefined) {
    return exact(`radius: all ${String(candidates)} candidates are compared`)
  }
  if (targetRecall === 1) {
    return exact(`targetRecall of 1: all ${String(candidates)} candidates are compared`)
  }
  if (graph === 'none') return scan(`no graph: all ${String(candidates)} candidates are scanned`)
  if (matching !== undefined && matching <= live * SCAN_UP_TO_MATCHING_SHARE) {
    return scan(`filter: the ${String(matching)} matching of ${String(live)} records are scanned`)
  }
  if (k > candidates * SCAN_FROM_K_SHARE) {
    return scan(`k of ${String(k)} is a large part of ${String(candidates)} candidates`)
  }
  if (ef === Infinity) {
    return scan('no walk that was measured reaches the recall that is asked for')
  }
  const share = ((100 * candidates) / live).toFixed(0)
  const reason =
    matching === undefined
      ? `graph over ${String(live)} records`
      : `graph over ${String(live)} records, ${share}% of which match`
  return { method: 'graph', reason, ef }
}

function exact(reason: string): SearchPlan {
  return { method: 'exact', reason, ef: undefined }
}

function scan(reason: string): SearchPlan {
  return { method: 'scan', reason, ef: undefined }
}
