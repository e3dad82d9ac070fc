import { expect, test } from 'vitest'
import type { Engine } from '../../../src/engine/index.ts'
import { randomMatrix, row } from '../../support/vectors.ts'
import { clustered, maskOf } from './data.ts'
import { definition, expectNearest } from './oracle.ts'
import {
  config,
  exact,
  failing,
  GRAPH,
  graph,
  indexOf,
  kept,
  METHODS,
  nameOf,
  VARIANTS,
} from './support.ts'

/** Searches with a row as the query. */
export function searchRowContract(engine: () => Engine): void {
  for (const variant of VARIANTS) {
    test(`the others by their distance to it: ${nameOf(variant)}`, () => {
      const index = indexOf(
        engine(),
        randomMatrix(300, 32, 50),
        config({ dimension: 32, ...variant }),
      )
      for (const n of [0, 7, 299]) {
        const expected = definition(kept(index), index.vector(n), variant.metric)
        const others = expected.filter((each) => each.n !== n)
        expectNearest(index.searchRow(n, exact(10)), others, 10)
        expectNearest(index.searchRow(n, exact(1_000)), others, 299)
      }
    })

    test(`walks find them without it: ${nameOf(variant)}`, () => {
      const dimension = 64
      const matrix = clustered(2_000, dimension, 51)
      const index = indexOf(engine(), matrix, config({ dimension, graph: GRAPH, ...variant }))
      let found = 0
      for (let n = 0; n < 2_000; n += 50) {
        const { rows, distances } = index.searchRow(n, { k: 10, ef: 200, method: 'graph' })
        const farthest = index.searchRow(n, exact(10)).distances[9]!
        expect(rows).toHaveLength(10)
        expect(rows).not.toContain(n)
        const limit = farthest + 1e-5 * Math.max(1, Math.abs(farthest))
        found += distances.filter((distance) => distance <= limit).length
      }
      expect(found / 400).toBeGreaterThan(0.95)
    })
  }

  test('its twins are among the others', () => {
    const matrix = new Float32Array(100 * 4).fill(1)
    const index = indexOf(engine(), matrix, config({ graph: GRAPH, codes: 'int8' }))
    for (const method of METHODS) {
      const { rows } = index.searchRow(50, { k: 1_000, ef: 200, method })
      expect([...rows].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, n) => n).filter((n) => n !== 50),
      )
    }
  })

  test('rows that wait for the graph are found, and may be asked for', () => {
    const matrix = clustered(1_000, 16, 52)
    const index = engine().create(config({ dimension: 16, graph: GRAPH, codes: 'int8' }))
    index.add(matrix)
    index.indexRows(500)
    const whole = matrix.subarray(0, 16)
    index.add(whole)
    expect(index.searchRow(1_000, graph(1)).rows).toEqual(Uint32Array.of(0))
    expect(index.searchRow(0, graph(1)).rows).toEqual(Uint32Array.of(1_000))
  })

  test('a row that was removed may be asked for', () => {
    const matrix = randomMatrix(500, 8, 53)
    const index = indexOf(engine(), matrix, config({ dimension: 8, graph: GRAPH }))
    index.remove(Uint32Array.of(3))
    const others = definition(matrix, row(matrix, 8, 3), 'cosine').filter(({ n }) => n !== 3)
    for (const method of METHODS) {
      expectNearest(index.searchRow(3, { k: 5, ef: 200, method }), others, 5)
    }
  })

  test('goes with a mask', () => {
    const index = indexOf(engine(), randomMatrix(100, 4, 54), config({ graph: GRAPH }))
    const mask = maskOf(new Set([1, 7, 9]), 100)
    for (const method of METHODS) {
      const { rows } = index.searchRow(7, { k: 10, ef: 50, method, mask })
      expect([...rows].sort()).toEqual([1, 9])
    }
  })

  test('a row that does not exist cannot be asked for', () => {
    const index = indexOf(engine(), randomMatrix(10, 4, 55), config())
    expect(() => index.searchRow(10, exact(1))).toThrow(failing('INVALID_OPTION'))
  })
}
