/** An index after many deletes and updates, against one built afresh from the rows that are left. */
import type { Engine, VectorIndex } from '../../../src/engine/index.ts'
import { random } from '../../support/vectors.ts'
import { type Data, rowsOf } from '../contenders/contender.ts'
import { median } from '../sweep.ts'
import {
  askEach,
  buildIndex,
  exactSearch,
  graphSearch,
  indexConfig,
  type Note,
  recallOf,
  workOff,
} from './common.ts'

/** Shares of the rows there were at first. */
const DELETED = 0.3
const UPDATED = 0.3
/** Changes come in so many lots, with the background work done after each. */
const LOTS = 10
const EFS = [32, 64, 128, 256]

export interface ChurnPoint {
  readonly ef: number
  readonly recall: number
  readonly qps: number
}

export interface ChurnResult {
  readonly liveRows: number
  readonly deleted: number
  readonly updated: number
  /** Milliseconds: all the changes with their background work, and the fresh build. */
  readonly churnMs: number
  readonly freshMs: number
  readonly churned: readonly ChurnPoint[]
  readonly fresh: readonly ChurnPoint[]
}

export async function measureChurn(
  engine: Engine,
  { dimension, rows, queries }: Data,
  rounds: number,
  note: Note,
): Promise<ChurnResult> {
  const { index, ...churn } = await churned(engine, dimension, rows, note)
  const live = liveRows(index)
  const matrix = new Float32Array(live.length * dimension)
  for (const [n, row] of live.entries()) matrix.set(index.vector(row), n * dimension)
  const fresh = engine.create(indexConfig(dimension))
  const started = performance.now()
  fresh.add(matrix)
  await workOff(fresh, note)
  const freshMs = performance.now() - started

  const asked = rowsOf(queries, dimension)
  const exact = askEach(asked, (query) => fresh.search(query, exactSearch)).answers
  const samples = { churned: [] as ChurnPoint[][], fresh: [] as ChurnPoint[][] }
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    note(`searching, round ${round} of ${rounds}`)
    for (const [name, one] of [['churned', index] as const, ['fresh', fresh] as const]) {
      const points = EFS.map((ef) => {
        const { answers, totalMs } = askEach(asked, (query) => one.search(query, graphSearch(ef)))
        return { ef, recall: recallOf(answers, exact), qps: (1000 * asked.length) / totalMs }
      })
      if (round > 0) samples[name].push(points)
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  return {
    ...churn,
    liveRows: live.length,
    freshMs,
    churned: medians(samples.churned),
    fresh: medians(samples.fresh),
  }
}

export interface Churned {
  readonly index: VectorIndex
  readonly deleted: number
  readonly updated: number
  readonly churnMs: number
}

/** Holds back what updates will bring, builds the rest, then deletes and updates at random. */
export async function churned(
  engine: Engine,
  dimension: number,
  rows: Float32Array,
  note: Note,
): Promise<Churned> {
  const first = Math.floor(rows.length / dimension / (1 + UPDATED))
  const index = await buildIndex(engine, dimension, rows.subarray(0, first * dimension), note)
  const order = shuffled(first)
  const [deleted, updated] = [Math.floor(DELETED * first), Math.floor(UPDATED * first)]
  const started = performance.now()
  for (let lot = 0; lot < LOTS; lot++) {
    note(`changes, lot ${lot + 1} of ${LOTS}`)
    const share = (count: number) =>
      [Math.floor((count * lot) / LOTS), Math.floor((count * (lot + 1)) / LOTS)] as const
    const [fromDeleted, toDeleted] = share(deleted)
    index.remove(order.subarray(fromDeleted, toDeleted))
    // An update takes the old row out and adds its new vector as another row.
    const [from, to] = share(updated)
    index.remove(order.subarray(deleted + from, deleted + to))
    index.add(rows.subarray((first + from) * dimension, (first + to) * dimension))
    await workOff(index, note)
  }
  return { index, deleted, updated, churnMs: performance.now() - started }
}

/** Rows that can be found, in order. */
export function liveRows(index: VectorIndex): Uint32Array {
  const query = new Float32Array(index.config.dimension).fill(1)
  return index.search(query, { ...exactSearch, k: index.rows }).rows.sort()
}

function shuffled(rows: number): Uint32Array {
  const next = random(7)
  const order = Uint32Array.from({ length: rows }, (_, row) => row)
  for (let n = rows - 1; n > 0; n--) {
    const other = Math.floor(next() * (n + 1))
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return order
}

/** Of each ef, over the rounds. */
function medians(samples: readonly ChurnPoint[][]): ChurnPoint[] {
  return EFS.map((ef, n) => ({
    ef,
    recall: median(samples.map((points) => points[n]!.recall)),
    qps: median(samples.map((points) => points[n]!.qps)),
  }))
}
