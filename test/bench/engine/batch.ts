/** Many queries and many rows at once, against one after the other. */
import type { Engine } from '../../../src/engine/index.ts'
import { type Data, rowsOf } from '../contenders/contender.ts'
import { median } from '../sweep.ts'
import {
  askEach,
  exactSearch,
  graphSearch,
  indexConfig,
  type Note,
  recallOf,
  workOff,
} from './common.ts'

const BATCHES = [256, 1_000]
/** Rows that arrive at a time where they do not come all at once. */
const ARRIVING = 1_000
const EF = 64

export interface BatchSearch {
  readonly method: 'exact' | 'scan'
  readonly queries: number
  /** Milliseconds for all of them. */
  readonly batchMs: number
  readonly oneByOneMs: number
}

export interface Build {
  readonly rowsPerSecond: number
  /** recall@10 at `EF`. */
  readonly recall: number
}

export interface BatchResult {
  readonly search: readonly BatchSearch[]
  readonly ef: number
  readonly bulk: Build
  /** The rows by the thousand, each lot indexed before the next comes. */
  readonly arriving: Build
}

export async function measureBatches(
  engine: Engine,
  { dimension, rows, queries }: Data,
  rounds: number,
  note: Note,
): Promise<BatchResult> {
  const index = engine.create(indexConfig(dimension))
  const started = performance.now()
  index.add(rows)
  await workOff(index, note)
  const bulkMs = performance.now() - started

  const search: BatchSearch[] = []
  for (const method of ['exact', 'scan'] as const) {
    for (const count of BATCHES) {
      note(`${count} queries at once, ${method}`)
      const block = repeated(queries, count * dimension)
      const each = rowsOf(block, dimension)
      const options = { ...exactSearch, method }
      const batchMs: number[] = []
      const oneByOneMs: number[] = []
      for (let round = 0; round < rounds; round++) {
        const begun = performance.now()
        index.searchMany(block, options)
        batchMs.push(performance.now() - begun)
        oneByOneMs.push(askEach(each, (query) => index.search(query, options)).totalMs)
        await new Promise((resolve) => setTimeout(resolve))
      }
      search.push({
        method,
        queries: count,
        batchMs: median(batchMs),
        oneByOneMs: median(oneByOneMs),
      })
    }
  }

  const asked = rowsOf(queries, dimension)
  const exact = askEach(asked, (query) => index.search(query, exactSearch)).answers
  const buildOf = (of: typeof index, ms: number): Build => ({
    rowsPerSecond: (1000 * of.rows) / ms,
    recall: recallOf(askEach(asked, (query) => of.search(query, graphSearch(EF))).answers, exact),
  })
  const bulk = buildOf(index, bulkMs)
  index.free()

  const grown = engine.create(indexConfig(dimension))
  const begun = performance.now()
  const lot = ARRIVING * dimension
  for (let at = 0; at < rows.length; at += lot) {
    grown.add(rows.subarray(at, at + lot))
    await workOff(grown, note)
  }
  const arriving = buildOf(grown, performance.now() - begun)
  grown.free()
  return { search, ef: EF, bulk, arriving }
}

/** As many values as asked for; small sets of queries come again and again. */
function repeated(queries: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => queries[i % queries.length]!)
}
