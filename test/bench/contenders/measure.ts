import { type Ask, K, type Pass } from './contender.ts'

/** One pass over all queries. */
export interface Measured {
  readonly recall: number
  readonly qps: number
  /** Milliseconds; `undefined` where queries are answered as one batch. */
  readonly p50: number | undefined
  readonly p99: number | undefined
}

/** A pass shorter than this is repeated: the clock and the machine's moods would be all one sees. */
const LEAST_MS = 100

/** Asks all queries, as often as it takes to time them. */
export async function measure(ask: Ask, ef: number, truth: Uint32Array): Promise<Measured> {
  const first = await ask(ef)
  let { totalMs } = first
  let queries = first.found.length
  const latencies = [...(first.latencies ?? [])]
  while (totalMs < LEAST_MS) {
    const pass = await ask(ef)
    totalMs += pass.totalMs
    queries += pass.found.length
    latencies.push(...(pass.latencies ?? []))
  }
  latencies.sort((a, b) => a - b)
  return {
    recall: recallOfRows(first.found, truth),
    qps: (queries / totalMs) * 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }
}

/** The share of the true K nearest that were found. */
export function recallOfRows(found: Pass['found'], truth: Uint32Array): number {
  let hits = 0
  for (const [query, rows] of found.entries()) {
    const nearest = new Set(truth.subarray(query * K, (query + 1) * K))
    for (const row of new Set(Array.from(rows).slice(0, K))) if (nearest.has(row)) hits++
  }
  return hits / truth.length
}

/** The smallest value that the share is not above, of values in ascending order; `undefined` where there are none. */
function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}
