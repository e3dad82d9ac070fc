import { expect, test } from 'vitest'
import { type Engine } from '../../../src/engine/index.ts'
import { randomMatrix } from '../../support/vectors.ts'
import { clustered, rowsOf } from './data.ts'
import { definition, expectNearest, recall } from './oracle.ts'
import { config, exact, GRAPH, indexOf, kept, METHODS, nameOf, plain, VARIANTS } from './support.ts'

/** What is found. */
export function answersContract(engine: () => Engine): void {
  for (const variant of VARIANTS) {
    test(`exact search equals the definition: ${nameOf(variant)}`, () => {
      for (const dimension of [1, 3, 16, 50, 384]) {
        const index = engine().create(config({ dimension, ...variant }))
        index.add(randomMatrix(200, dimension, dimension))
        for (const query of rowsOf(randomMatrix(4, dimension, 99), dimension)) {
          const expected = definition(kept(index), query, variant.metric)
          expectNearest(index.search(query, exact(10)), expected, 10)
        }
      }
    })

    test(`scans and walks find at least 95%: ${nameOf(variant)}`, () => {
      const dimension = 64
      const matrix = clustered(2_000, dimension, 5)
      const index = indexOf(engine(), matrix, config({ dimension, graph: GRAPH, ...variant }))
      const queries = clustered(30, dimension, 6)
      for (const method of METHODS) {
        const options = { k: 10, ef: 200, method }
        expect(recall(index, kept(index), queries, options)).toBeGreaterThan(0.95)
      }
    })
  }

  test('more than there are gives all, nearest first', () => {
    const matrix = randomMatrix(200, 4, 8)
    const index = indexOf(engine(), matrix, config({ graph: GRAPH, codes: 'int8' }))
    for (const method of METHODS) {
      const found = index.search(matrix.subarray(0, 4), { k: 1e9, ef: 10, method })
      expectNearest(found, definition(matrix, matrix.subarray(0, 4), 'cosine'), 200)
    }
  })

  test('equal distances come in row order', () => {
    const matrix = Float32Array.from({ length: 100 * 4 }, (_, i) => (i % 4 === 0 ? 1 : 0))
    for (const variant of VARIANTS) {
      const index = indexOf(engine(), matrix, config({ graph: GRAPH, ...variant }))
      for (const method of METHODS) {
        const options = { k: 20, ef: 50, method }
        const { rows, distances } = index.search(Float32Array.of(1, 1, 0, 0), options)
        expect([...rows]).toEqual(Array.from({ length: 20 }, (_, n) => n))
        expect(new Set(distances).size).toBe(1)
      }
    }
  })

  test('a batch is answered as its queries are', () => {
    const queries = randomMatrix(37, 16, 10)
    for (const variant of VARIANTS) {
      const settings = config({ dimension: 16, graph: GRAPH, ...variant })
      const index = indexOf(engine(), randomMatrix(500, 16, 9), settings)
      for (const method of METHODS) {
        for (const mask of [undefined, new Uint8Array(63).fill(0b1011_0010)]) {
          const options = { k: 5, ef: 40, method, mask }
          expect(index.searchMany(queries, options).map(plain)).toEqual(
            rowsOf(queries, 16).map((query) => plain(index.search(query, options))),
          )
          expect(index.searchMany(new Float32Array(0), options)).toEqual([])
        }
      }
    }
  })

  test('lengths from one end of the floats to the other do not disturb cosine', () => {
    const shape = randomMatrix(100, 8, 11)
    const matrix = shape.map((value, i) => value * 10 ** (((i >> 3) % 60) - 30))
    const index = indexOf(engine(), matrix, config({ dimension: 8, codes: 'int8', graph: GRAPH }))
    for (const method of METHODS) {
      const found = index.search(shape.subarray(0, 8), { k: 10, ef: 100, method })
      expectNearest(found, definition(shape, shape.subarray(0, 8), 'cosine'), 10)
    }
  })
}
