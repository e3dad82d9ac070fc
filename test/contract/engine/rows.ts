import { expect, test } from 'vitest'
import { type Engine } from '../../../src/engine/index.ts'
import { randomMatrix, row } from '../../support/vectors.ts'
import { codesUnder, config, exact, failing, GRAPH, METHODS, METRICS } from './support.ts'

/** Adding rows and reading them back. */
export function rowsContract(engine: () => Engine): void {
  test('an empty index answers nothing', () => {
    for (const method of METHODS) {
      const index = engine().create(config({ graph: GRAPH }))
      expect(index.search(new Float32Array(4), { k: 3, ef: 10, method }).rows).toHaveLength(0)
      expect([index.rows, index.live, index.indexed]).toEqual([0, 0, 0])
      expect([index.indexRows(10), index.waiting, index.missingChunks]).toEqual([0, 0, 0])
    }
  })

  test('are numbered in the order they are added', () => {
    const index = engine().create(config())
    expect(index.add(randomMatrix(3, 4, 1))).toBe(0)
    expect(index.add(randomMatrix(2, 4, 2))).toBe(3)
    expect(index.add(new Float32Array(0))).toBe(5)
    expect(index.rows).toBe(5)
  })

  test('come back bit for bit', () => {
    for (const metric of METRICS) {
      for (const codes of codesUnder(metric)) {
        const given = Float32Array.of(-0, 1e-42, 3.4e38, -1e-20, 0.1, 1, 2, -3)
        const index = engine().create(config({ metric, codes }))
        index.add(given)
        const bits = [...index.vector(0), ...index.vector(1)]
        expect(new Uint8Array(Float32Array.from(bits).buffer)).toEqual(new Uint8Array(given.buffer))
      }
    }
  })

  test('come back as halves hold them, no value off by more than 2^-11 of the largest', () => {
    const shapes = [
      [1, -2, 0.5, 1_024],
      [0.1, 1 / 3, -2 / 3, 0.7],
      [65_504, 65_505, -70_000, 1],
      [1e30, -3e30, 2.5e29, 0],
      [3e-30, -1e-30, 2e-31, 0],
      [0, 0, 0, -0],
    ]
    for (const metric of METRICS) {
      for (const codes of codesUnder(metric)) {
        const index = engine().create(config({ metric, codes, originals: 'f16' }))
        index.add(Float32Array.from(shapes.flat()))
        expect([...index.vector(0)]).toEqual(shapes[0])
        for (const [n, shape] of shapes.entries()) {
          const largest = Math.max(...shape.map(Math.abs))
          for (const [i, value] of index.vector(n).entries()) {
            expect(Math.abs(value - shape[i]!)).toBeLessThanOrEqual(largest * 2 ** -11)
          }
        }
      }
    }
  })

  test('many rows span several blocks of memory', () => {
    const matrix = randomMatrix(3_000, 500, 3)
    const index = engine().create(config({ dimension: 500, codes: 'int8' }))
    index.add(matrix.subarray(0, 500))
    index.add(matrix.subarray(500))
    for (const n of [0, 1, 2_046, 2_047, 2_048, 2_999]) {
      expect(index.vector(n)).toEqual(row(matrix, 500, n))
      expect(index.search(row(matrix, 500, n), exact(1)).rows).toEqual(Uint32Array.of(n))
    }
  })

  test('sets are compared as sets alone', () => {
    for (const metric of ['hamming', 'jaccard'] as const) {
      for (const codes of ['none', 'f16', 'int8'] as const) {
        const refused = failing('INVALID_OPTION')
        expect(() => engine().create({ ...config({ metric }), codes })).toThrow(refused)
      }
    }
  })

  test('a matrix or a query of another length is refused', () => {
    const index = engine().create(config())
    const mismatch = failing('DIMENSION_MISMATCH')
    expect(() => index.add(new Float32Array(6))).toThrow(mismatch)
    expect(() => index.search(new Float32Array(3), exact(1))).toThrow(mismatch)
    expect(() => index.search(new Float32Array(8), exact(1))).toThrow(mismatch)
    expect(() => index.searchMany(new Float32Array(6), exact(1))).toThrow(mismatch)
    expect(index.rows).toBe(0)
  })
}
