import { expect, test } from 'vitest'
import { type Engine } from '../../../src/engine/index.ts'
import { randomMatrix } from '../../support/vectors.ts'
import { clustered, maskOf, rowsOf, rowsWhere } from './data.ts'
import { definition, expectNearest } from './oracle.ts'
import { codesUnder, config, failing, GRAPH, graph, indexOf, METHODS } from './support.ts'

/** Masks and removed rows. */
export function filtersContract(engine: () => Engine): void {
  test('only rows of the mask are answered, and k of them when k match', () => {
    const matrix = clustered(4_000, 16, 12)
    const queries = clustered(5, 16, 13)
    for (const codes of codesUnder('cosine')) {
      const index = indexOf(engine(), matrix, config({ dimension: 16, codes, graph: GRAPH }))
      for (const share of [0.5, 0.1, 0.01, 0.001]) {
        const matches = rowsWhere(4_000, share, 14)
        const mask = maskOf(matches, 4_000)
        for (const query of rowsOf(queries, 16)) {
          for (const method of METHODS) {
            const found = index.search(query, { k: 10, ef: 64, method, mask })
            expect(found.rows).toHaveLength(Math.min(10, matches.size))
            expect([...found.rows].every((n) => matches.has(n))).toBe(true)
          }
        }
      }
    }
  })

  test('rows that match far from the query are found', () => {
    const matrix = clustered(3_000, 16, 15)
    const index = indexOf(engine(), matrix, config({ dimension: 16, metric: 'l2', graph: GRAPH }))
    const query = matrix.subarray(0, 16)
    const order = definition(matrix, query, 'l2').map(({ n }) => n)
    const farthest = new Set(order.slice(-1_500))
    const found = index.search(query, {
      k: 20,
      ef: 20,
      method: 'graph',
      mask: maskOf(farthest, 3_000),
    })
    expect(found.rows).toHaveLength(20)
    expect([...found.rows].every((n) => farthest.has(n))).toBe(true)
  })

  test('a mask matches nothing beyond its end, and may be too long', () => {
    const index = indexOf(engine(), randomMatrix(100, 4, 16), config({ graph: GRAPH }))
    const query = Float32Array.of(1, 0, 0, 0)
    for (const method of METHODS) {
      const find = (mask: Uint8Array) =>
        [...index.search(query, { k: 100, ef: 10, method, mask }).rows].sort((a, b) => a - b)
      expect(find(Uint8Array.of(0b1000_0010))).toEqual([1, 7])
      expect(find(new Uint8Array(0))).toEqual([])
      expect(find(new Uint8Array(5_000).fill(255))).toHaveLength(100)
    }
  })

  test('removed rows are not answered, whether they were in the graph or not', () => {
    const matrix = randomMatrix(1_000, 8, 17)
    for (const codes of codesUnder('cosine')) {
      const index = engine().create(config({ dimension: 8, codes, graph: GRAPH }))
      index.add(matrix)
      index.indexRows(600)
      const removed = rowsWhere(1_000, 0.4, 18)
      index.remove(Uint32Array.from(removed))
      index.remove(Uint32Array.from(removed))
      expect(index.live).toBe(1_000 - removed.size)
      index.indexRows(200)
      const expected = definition(matrix, matrix.subarray(0, 8), 'cosine')
      for (const method of METHODS) {
        const found = index.search(matrix.subarray(0, 8), { k: 1_000, ef: 50, method })
        expectNearest(
          found,
          expected.filter(({ n }) => !removed.has(n)),
          index.live,
        )
      }
      index.remove(Uint32Array.from({ length: 1_000 }, (_, n) => n))
      expect(index.live).toBe(0)
      expect(index.search(matrix.subarray(0, 8), graph(5)).rows).toHaveLength(0)
    }
  })

  test('a row that does not exist cannot be removed or read', () => {
    const index = engine().create(config())
    const refused = failing('INVALID_OPTION')
    expect(() => {
      index.remove(Uint32Array.of(0))
    }).toThrow(refused)
    expect(() => index.vector(0)).toThrow(refused)
  })
}
