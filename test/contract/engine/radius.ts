import { expect, test } from 'vitest'
import type { Engine, IndexSearchOptions } from '../../../src/engine/index.ts'
import { random, randomMatrix } from '../../support/vectors.ts'
import { maskOf, rowsWhere } from './data.ts'
import { definition, expectNearest } from './oracle.ts'
import { config, failing, indexOf, kept, METRICS, nameOf, VARIANTS } from './support.ts'

/** Searches that take all within a distance. */
export function radiusContract(engine: () => Engine): void {
  const within = (radius: number, k = 1e9): IndexSearchOptions => ({
    k,
    ef: 1,
    method: 'exact',
    radius,
  })

  for (const variant of VARIANTS) {
    test(`takes all within it and no others: ${nameOf(variant)}`, () => {
      const index = indexOf(
        engine(),
        randomMatrix(400, 24, 40),
        config({ dimension: 24, ...variant }),
      )
      const query = randomMatrix(1, 24, 41)
      const expected = definition(kept(index), query, variant.metric)
      const next = random(42)
      for (let round = 0; round < 10; round++) {
        const at = Math.floor(next() * 398)
        const [inside, outside] = [expected[at]!.distance, expected[at + 1]!.distance]
        const radius = (inside + outside) / 2
        // Between equal distances there is no radius, and between very close ones rounding decides.
        if (outside - inside < 1e-4) continue
        expectNearest(index.search(query, within(radius)), expected, at + 1)
        expectNearest(index.search(query, within(radius, 5)), expected, Math.min(5, at + 1))
      }
    })
  }

  test('takes what lies on it', () => {
    for (const metric of METRICS) {
      const index = indexOf(engine(), Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0), config({ metric }))
      const own = Float32Array.of(1, 0, 0, 0)
      const [nearest] = index.search(own, within(Infinity)).distances
      expect([...index.search(own, within(nearest!)).rows]).toEqual([0])
    }
  })

  test('goes with masks, removed rows and batches', () => {
    const index = indexOf(
      engine(),
      randomMatrix(500, 8, 43),
      config({ dimension: 8, metric: 'l2' }),
    )
    index.remove(Uint32Array.from(rowsWhere(500, 0.2, 44)))
    const mask = maskOf(rowsWhere(500, 0.5, 45), 500)
    const removed = rowsWhere(500, 0.2, 44)
    const matching = rowsWhere(500, 0.5, 45)
    const queries = randomMatrix(3, 8, 46)
    const answers = index.searchMany(queries, { ...within(1.2), mask })
    for (const [n, { rows }] of answers.entries()) {
      const query = queries.subarray(n * 8, (n + 1) * 8)
      const expected = definition(kept(index), query, 'l2').filter(
        (each) => each.distance <= 1.2 && matching.has(each.n) && !removed.has(each.n),
      )
      expect([...rows]).toEqual(expected.map((each) => each.n))
    }
  })

  test('needs an exact search', () => {
    const index = indexOf(engine(), randomMatrix(10, 4, 47), config())
    for (const method of ['graph', 'scan'] as const) {
      const options = { ...within(1), method }
      const refused = failing('INVALID_OPTION')
      expect(() => index.search(new Float32Array(4), options)).toThrow(refused)
      expect(() => index.searchMany(new Float32Array(4), options)).toThrow(refused)
      expect(() => index.searchRow(0, options)).toThrow(refused)
    }
  })
}
