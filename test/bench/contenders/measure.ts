import { type Ask, K, type Pass } from './contender.ts'

/** One pass over all queries. */
export interface Measured {
  readonly recall: number
  readonly qps: number
  /** Milliseconds; `undefined` where queries are answered as one batch. */
  readonly p50: number | undefined
  readonly p99: number | undefined
}

export async function measure(ask: Ask, ef: number, truth: Uint32Array): Promise<Measured> {
  const pass = await ask(ef)
  const sorted = pass.latencies?.toSorted((a, b) => a - b)
  return {
    recall: recallOf(pass.found, truth),
    qps: (pass.found.length / pass.totalMs) * 1000,
    p50: sorted && percentile(sorted, 0.5),
    p99: sorted && percentile(sorted, 0.99),
  }
}

/** The share of the true K nearest that were found. */
function recallOf(found: Pass['found'], truth: Uint32Array): number {
  let hits = 0
  for (const [query, rows] of found.entries()) {
    const nearest = new Set(truth.subarray(query * K, (query + 1) * K))
    for (const row of new Set(Array.from(rows).slice(0, K))) if (nearest.has(row)) hits++
  }
  return hits / truth.length
}

/** The smallest value that the share is not above; of values in ascending order. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!
}
