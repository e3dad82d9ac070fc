/** What the benchmarks of the engine's own interface share. They run in a worker of the bench's page. */
import type { Engine, IndexConfig, Neighbors, VectorIndex } from '../../../src/engine/index.ts'
import { EF_CONSTRUCTION, K, M } from '../contenders/contender.ts'
import { timeIndexing } from '../contenders/timing.ts'

/** Tells the driver what is being done. */
export type Note = (text: string) => void

/** Equal distances may be computed in different orders. */
const SAME_DISTANCE = 1e-6

/** As all benchmarks build it: 8-bit codes, rescored on the vectors as given. */
export function indexConfig(dimension: number): IndexConfig {
  const graph = { M, efConstruction: EF_CONSTRUCTION, seed: 1 }
  return { dimension, metric: 'cosine', codes: 'int8', originals: 'f32', graph }
}

export async function buildIndex(
  engine: Engine,
  dimension: number,
  rows: Float32Array,
  note: Note,
): Promise<VectorIndex> {
  const index = engine.create(indexConfig(dimension))
  index.add(rows)
  await workOff(index, note)
  return index
}

/** Does all the work that waits, and answers the milliseconds it took. */
export function workOff(index: VectorIndex, note: Note): Promise<number> {
  return timeIndexing(index, (done) => {
    note(`${done.toLocaleString('en')} of ${index.rows.toLocaleString('en')} rows`)
  })
}

/** The share of the exact answers that were found; a row as close as the last of them will do. */
export function recallOf(found: readonly Neighbors[], exact: readonly Neighbors[]): number {
  let hits = 0
  let wanted = 0
  for (const [query, { distances }] of exact.entries()) {
    const worst = (distances.at(-1) ?? -Infinity) + SAME_DISTANCE
    const close = found[query]!.distances.filter((distance) => distance <= worst).length
    hits += Math.min(close, distances.length)
    wanted += distances.length
  }
  return wanted === 0 ? 1 : hits / wanted
}

export interface Asked {
  readonly answers: readonly Neighbors[]
  readonly totalMs: number
  /** Median milliseconds of a query. */
  readonly p50: number
}

/** One query after the other, each timed. */
export function askEach(
  queries: readonly Float32Array[],
  search: (query: Float32Array, n: number) => Neighbors,
): Asked {
  const latencies: number[] = []
  const answers = queries.map((query, n) => {
    const started = performance.now()
    const answer = search(query, n)
    latencies.push(performance.now() - started)
    return answer
  })
  const totalMs = latencies.reduce((sum, ms) => sum + ms, 0)
  latencies.sort((a, b) => a - b)
  return { answers, totalMs, p50: latencies[latencies.length >> 1] ?? 0 }
}

export const graphSearch = (ef: number) => ({ k: K, ef, method: 'graph' as const })
export const exactSearch = { k: K, ef: K, method: 'exact' as const }
