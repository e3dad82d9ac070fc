/** What the engine finds, on 10,000 sentence embeddings. The bench measures the same on 100,000. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine, VectorIndex } from '../../src/engine/index.ts'
import { loadWasmEngine } from '../../src/engine/wasm/index.ts'
import { wordnetIsHere } from '../bench/data/wordnet.ts'
import { churned, liveRows } from '../bench/engine/churn.ts'
import { nearMask, randomMask } from '../bench/engine/filter.ts'
import { random } from '../support/vectors.ts'
import { build, loadSentences, lostRows, recallAt, type Sentences } from './data.ts'

/** Wide enough that a walk for a row's own vector must end at it. */
const EF = 100
const CLUSTERS = 40

describe.skipIf(!wordnetIsHere)('on the sentence embeddings of ../shared/data', () => {
  let engine: Engine
  let sentences: Sentences
  /** Of all rows, in the order of the data, and its recall. */
  let index: VectorIndex
  let recalls: readonly { readonly ef: number; readonly recall: number }[]
  beforeAll(async () => {
    engine = await loadWasmEngine()
    sentences = await loadSentences()
    index = build(engine, sentences.rows, sentences)
    recalls = [32, 64, 128].map((ef) => ({ ef, recall: recallAt(index, sentences.queries, ef) }))
  })

  describe('a filter', () => {
    const shares = [0.5, 0.1, 0.01, 0.001, 0.0001]
    test.each(shares)('that a share of %f passes at random finds 0.95', (share) => {
      expectFound(share, randomMask)
    })
    test.each(shares)('that the share of %f around a row passes finds 0.95', (share) => {
      expectFound(share, (_rows, matching, seed) => nearMask(index, matching, seed))
    })

    function expectFound(share: number, maskOf: typeof randomMask): void {
      const matching = Math.max(1, Math.round(index.rows * share))
      for (const seed of [1, 2, 3]) {
        const mask = maskOf(index.rows, matching, seed)
        const queries = sentences.queries.slice(100 * seed, 100 * seed + 100)
        expect(recallAt(index, queries, 200, mask)).toBeGreaterThanOrEqual(0.95)
        for (const query of queries) {
          const { rows } = index.search(query, { k: 10, ef: 10, method: 'graph', mask })
          expect(rows).toHaveLength(Math.min(10, matching))
          for (const row of rows) expect(mask[row >> 3]! & (1 << (row & 7))).not.toBe(0)
        }
      }
    }
  })

  test('30 % deleted and 30 % updated, it finds what a fresh index finds, and every row', async () => {
    const { dimension, queries } = sentences
    const { index: old } = await churned(engine, dimension, sentences.rows, () => undefined)
    const live = liveRows(old)
    expect(live).toHaveLength(old.live)
    const matrix = new Float32Array(live.length * dimension)
    for (const [n, row] of live.entries()) matrix.set(old.vector(row), n * dimension)
    const fresh = build(engine, matrix, sentences)
    for (const ef of [32, 64, 128]) {
      expect(recallAt(old, queries, ef)).toBeGreaterThan(recallAt(fresh, queries, ef) - 0.01)
    }
    expect(lostRows(old, live, EF)).toEqual([])
    old.free()
    fresh.free()
  })

  test('no row is lost', () => {
    expect(lostRows(index, liveRows(index), EF)).toEqual([])
  })

  test('rows that come cluster by cluster are found as well as shuffled ones', () => {
    const { rows, dimension, queries } = sentences
    const sorted = build(engine, byCluster(rows, dimension, CLUSTERS), sentences)
    for (const { ef, recall } of recalls) {
      expect(recallAt(sorted, queries, ef)).toBeGreaterThan(recall - 0.01)
    }
    expect(lostRows(sorted, liveRows(sorted), EF)).toEqual([])
    sorted.free()
  })

  test('clusters that come one after another, each indexed before the next, are found as well', () => {
    const { rows, dimension, queries } = sentences
    const sorted = byCluster(rows, dimension, CLUSTERS)
    const grown = build(engine, new Float32Array(0), sentences)
    const lot = Math.ceil(rows.length / dimension / CLUSTERS) * dimension
    for (let at = 0; at < sorted.length; at += lot) {
      grown.add(sorted.subarray(at, at + lot))
      grown.indexRows(Infinity)
    }
    for (const { ef, recall } of recalls) {
      expect(recallAt(grown, queries, ef)).toBeGreaterThan(recall - 0.01)
    }
    expect(lostRows(grown, liveRows(grown), EF)).toEqual([])
    grown.free()
  })

  test('10,000 equal rows hide none of the others', () => {
    const { rows, dimension, queries } = sentences
    const equal = new Float32Array(10_000 * dimension)
    for (let at = 0; at < equal.length; at += dimension) equal.set(rows.subarray(0, dimension), at)
    const others = 2_000
    const mixed = build(engine, equal, sentences)
    mixed.add(rows.subarray(dimension, (others + 1) * dimension))
    mixed.indexRows(Infinity)
    expect(recallAt(mixed, queries.slice(0, 200), 64)).toBeGreaterThanOrEqual(0.95)
    const distinct = Array.from({ length: others }, (_, n) => 10_000 + n)
    expect(lostRows(mixed, distinct, EF)).toEqual([])
    expect(
      mixed.search(rows.subarray(0, dimension), { k: 10_000, ef: 10_000, method: 'graph' }).rows,
    ).toHaveLength(10_000)
    mixed.free()
  })

  test('all rows zero but one, that one is found', () => {
    const { rows, dimension } = sentences
    for (const place of [0, 2_500, 4_999]) {
      const matrix = new Float32Array(5_000 * dimension)
      matrix.set(rows.subarray(0, dimension), place * dimension)
      const lone = build(engine, matrix, { dimension, metric: 'l2' })
      for (const ef of [10, 64]) {
        const { rows: found } = lone.search(rows.subarray(0, dimension), {
          k: 10,
          ef,
          method: 'graph',
        })
        expect(found[0]).toBe(place)
        expect(found).toHaveLength(10)
      }
      lone.free()
    }
  })
})

/** The rows sorted by which of `count` rows they are nearest to. */
function byCluster(rows: Float32Array, dimension: number, count: number): Float32Array {
  const next = random(5)
  const total = rows.length / dimension
  const row = (n: number) => rows.subarray(n * dimension, (n + 1) * dimension)
  const centres = Array.from({ length: count }, () => row(Math.floor(next() * total)))
  const nearest = Uint32Array.from({ length: total }, (_, n) => {
    const scores = centres.map((centre) => dot(centre, row(n)))
    return scores.indexOf(Math.max(...scores))
  })
  const order = Uint32Array.from({ length: total }, (_, n) => n).sort(
    (a, b) => nearest[a]! - nearest[b]! || a - b,
  )
  const sorted = new Float32Array(rows.length)
  for (const [to, from] of order.entries()) sorted.set(row(from), to * dimension)
  return sorted
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
