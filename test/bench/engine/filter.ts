/** Searching under masks that few or many rows pass. */
import type { Engine, VectorIndex } from '../../../src/engine/index.ts'
import { type Data, rowsOf } from '../contenders/contender.ts'
import { random } from '../../support/vectors.ts'
import { median } from '../sweep.ts'
import { askEach, buildIndex, exactSearch, graphSearch, type Note, recallOf } from './common.ts'

const EF = 200
const SHARES = [0.5, 0.1, 0.01, 0.001, 0.0001]
/** Masks of each kind and share; queries take them in turn. */
const MASKS = 4
const QUERIES = 400

/** `random`: any rows; `near`: the rows nearest to one of them, which most queries are far from. */
export type MaskKind = 'random' | 'near'

export interface FilterCell {
  readonly kind: MaskKind
  /** Of the rows, that pass. */
  readonly share: number
  readonly matching: number
  /** recall@10 against the exact answer under the same mask. */
  readonly recall: number
  /** The fewest hits of any query, and how many there must be. */
  readonly fewestHits: number
  readonly expectedHits: number
  /** Milliseconds, and the same for an exact scan of the matching rows. */
  readonly p50: number
  readonly exactP50: number
  /** Distances computed for a query, on average. */
  readonly visited: number
}

export interface FilterResult {
  readonly ef: number
  readonly queries: number
  /** Milliseconds without a mask. */
  readonly unfilteredP50: number
  readonly cells: readonly FilterCell[]
}

export async function measureFilters(
  engine: Engine,
  { dimension, rows, queries }: Data,
  rounds: number,
  note: Note,
): Promise<FilterResult> {
  const index = await buildIndex(engine, dimension, rows, note)
  const asked = rowsOf(queries, dimension).slice(0, QUERIES)
  const unfiltered = () => askEach(asked, (query) => index.search(query, graphSearch(EF))).p50
  unfiltered()
  const plain: number[] = []
  const cells: FilterCell[] = []
  for (const kind of ['random', 'near'] as const) {
    for (const share of SHARES) {
      note(`${kind} rows, ${100 * share} %`)
      plain.push(unfiltered())
      cells.push(measureCell(index, asked, kind, share, rounds))
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  return { ef: EF, queries: asked.length, unfilteredP50: median(plain), cells }
}

function measureCell(
  index: VectorIndex,
  queries: readonly Float32Array[],
  kind: MaskKind,
  share: number,
  rounds: number,
): FilterCell {
  const matching = Math.max(1, Math.round(index.rows * share))
  const masks = Array.from({ length: MASKS }, (_, n) =>
    kind === 'random' ? randomMask(index.rows, matching, n) : nearMask(index, matching, n),
  )
  const maskOf = (n: number) => masks[n % MASKS]!
  const exact = askEach(queries, (query, n) =>
    index.search(query, { ...exactSearch, mask: maskOf(n) }),
  )
  const ask = () =>
    askEach(queries, (query, n) => index.search(query, { ...graphSearch(EF), mask: maskOf(n) }))
  const { answers } = ask()
  const p50s = Array.from({ length: rounds }, () => ask().p50)
  return {
    kind,
    share,
    matching,
    recall: recallOf(answers, exact.answers),
    fewestHits: Math.min(...answers.map((answer) => answer.rows.length)),
    expectedHits: Math.min(exactSearch.k, matching),
    p50: median(p50s),
    exactP50: exact.p50,
    visited: answers.reduce((sum, { visited }) => sum + visited, 0) / answers.length,
  }
}

export function randomMask(rows: number, matching: number, seed: number): Uint8Array {
  const next = random(seed)
  const order = Uint32Array.from({ length: rows }, (_, row) => row)
  for (let n = 0; n < matching; n++) {
    const other = n + Math.floor(next() * (rows - n))
    ;[order[n], order[other]] = [order[other]!, order[n]!]
  }
  return maskOf(rows, order.subarray(0, matching))
}

/** The rows nearest to one row, itself among them. */
export function nearMask(index: VectorIndex, matching: number, seed: number): Uint8Array {
  const centre = Math.floor(random(seed)() * index.rows)
  const near = index.search(index.vector(centre), { ...exactSearch, k: matching })
  return maskOf(index.rows, near.rows)
}

function maskOf(rows: number, chosen: Uint32Array): Uint8Array {
  const mask = new Uint8Array(Math.ceil(rows / 8))
  for (const row of chosen) mask[row >> 3]! |= 1 << (row & 7)
  return mask
}
