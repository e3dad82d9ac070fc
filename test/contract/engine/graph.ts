import { expect, test } from 'vitest'
import { type Engine } from '../../../src/engine/index.ts'
import { random, randomMatrix, row } from '../../support/vectors.ts'
import { cluster, clustered, concatenate, rowsWhere } from './data.ts'
import { recall } from './oracle.ts'
import {
  codesUnder,
  complete,
  config,
  fingerprint,
  GRAPH,
  graph,
  indexOf,
  METRICS,
} from './support.ts'

/** Building the graph, whatever the data is like. */
export function graphContract(engine: () => Engine): void {
  test('rows that wait are found at once', () => {
    const matrix = clustered(3_000, 16, 19)
    const index = engine().create(config({ dimension: 16, codes: 'int8', graph: GRAPH }))
    index.add(matrix)
    let more = true
    while (more) {
      for (const n of [0, 1_999, 2_000, 2_999]) {
        expect(index.search(row(matrix, 16, n), graph(1)).rows).toEqual(Uint32Array.of(n))
      }
      more = index.indexRows(200) > 0
      expect(index.waiting > 0).toBe(more)
    }
    expect(index.indexed).toBe(3_000)
  })

  test('comes and goes', () => {
    const matrix = clustered(2_000, 16, 20)
    const index = engine().create(config({ dimension: 16, codes: 'int8' }))
    index.add(matrix)
    expect(index.indexRows(10)).toBe(0)
    expect(index.config.graph).toBeUndefined()
    index.setGraph(GRAPH)
    expect(index.config.graph).toEqual(GRAPH)
    expect(index.indexed).toBe(0)
    complete(index)
    expect(index.indexed).toBe(2_000)
    index.setGraph(undefined)
    expect(index.indexed).toBe(0)
    expect(index.search(row(matrix, 16, 5), graph(1)).rows).toEqual(Uint32Array.of(5))
  })

  test('two builds from the same rows and seed are equal', () => {
    const matrix = clustered(2_000, 16, 21)
    const settings = config({ dimension: 16, codes: 'int8', graph: GRAPH })
    const [a, b] = [indexOf(engine(), matrix, settings), engine().create(settings)]
    b.add(matrix)
    while (b.indexRows(77) > 0);
    expect(fingerprint(a)).toBe(fingerprint(b))
  })

  test('ten thousand equal vectors do not ruin it', () => {
    const dimension = 16
    const others = clustered(2_000, dimension, 22)
    const equal = Float32Array.from({ length: 10_000 * dimension }, (_, i) => others[i % 16]!)
    for (const metric of METRICS) {
      for (const parts of [
        [equal, others],
        [others, equal],
      ] as const) {
        const matrix = concatenate(parts)
        const index = indexOf(
          engine(),
          matrix,
          config({ dimension, metric, codes: 'int8', graph: GRAPH }),
        )
        const queries = clustered(30, dimension, 23)
        expect(recall(index, matrix, queries, graph(10))).toBeGreaterThan(0.95)
      }
    }
  })

  test('clusters inserted one after another do not ruin it', () => {
    const dimension = 16
    const matrix = concatenate(
      Array.from({ length: 40 }, (_, n) => cluster(200, dimension, 100 + n)),
    )
    const queries = concatenate(
      Array.from({ length: 40 }, (_, n) => cluster(2, dimension, 100 + n)),
    )
    for (const metric of METRICS) {
      const index = indexOf(
        engine(),
        matrix,
        config({ dimension, metric, codes: 'int8', graph: GRAPH }),
      )
      expect(recall(index, matrix, queries, graph(10))).toBeGreaterThan(0.95)
    }
  })

  test('vectors that are zero in all but one place do not ruin it', () => {
    const dimension = 64
    const next = random(24)
    const matrix = new Float32Array(5_000 * dimension)
    for (let n = 0; n < 5_000; n++) matrix[n * dimension + Math.floor(next() * dimension)] = 1
    const scaled = matrix.map((value, i) => value * (1 + ((i * 7) % 50)))
    const cases = [['cosine', scaled] as const, ...METRICS.map((m) => [m, matrix] as const)]
    for (const [metric, rows] of cases) {
      for (const codes of codesUnder(metric)) {
        const index = indexOf(engine(), rows, config({ dimension, metric, codes, graph: GRAPH }))
        const queries = rows.subarray(0, 50 * dimension)
        expect(recall(index, rows, queries, graph(10))).toBeGreaterThan(0.95)
      }
    }
  })

  test('zero vectors around a single other one do not ruin it', () => {
    const matrix = new Float32Array(5_000 * 16)
    matrix[3_333 * 16] = 1
    for (const metric of METRICS) {
      for (const codes of codesUnder(metric)) {
        const index = indexOf(
          engine(),
          matrix,
          config({ dimension: 16, metric, codes, graph: GRAPH }),
        )
        const query = new Float32Array(16).fill(1)
        expect(index.search(query, graph(10)).rows).toHaveLength(10)
        expect(index.search(query, graph(1)).rows[0]).toBe(3_333)
      }
    }
  })

  test('place-holders that were removed at once do not disturb it', () => {
    const dimension = 16
    const matrix = clustered(3_000, dimension, 25)
    const holes = rowsWhere(3_000, 0.3, 26)
    for (const n of holes) matrix.fill(0, n * dimension, (n + 1) * dimension)
    for (const metric of METRICS) {
      const index = engine().create(config({ dimension, metric, codes: 'int8', graph: GRAPH }))
      index.add(matrix)
      index.remove(Uint32Array.from(holes))
      complete(index)
      const queries = clustered(30, dimension, 27)
      const live = new Set(Array.from({ length: 3_000 }, (_, n) => n).filter((n) => !holes.has(n)))
      expect(recall(index, matrix, queries, graph(10), live)).toBeGreaterThan(0.95)
    }
  })

  test('is mended around removed rows', () => {
    const dimension = 16
    const matrix = clustered(3_000, dimension, 37)
    for (const metric of METRICS) {
      const settings = config({ dimension, metric, codes: 'int8', graph: GRAPH })
      const index = indexOf(engine(), matrix, settings)
      const removed = rowsWhere(3_000, 0.3, 38)
      index.remove(Uint32Array.from(removed))
      while (index.waiting > 0) {
        const waited = index.waiting
        expect(index.indexRows(100)).toBe(index.waiting)
        expect(index.waiting).toBeLessThan(waited)
      }
      const live = new Set(
        Array.from({ length: 3_000 }, (_, n) => n).filter((n) => !removed.has(n)),
      )
      const queries = clustered(30, dimension, 39)
      expect(recall(index, matrix, queries, graph(10), live)).toBeGreaterThan(0.95)
    }
  })

  test('waits for nothing where there is none', () => {
    const index = engine().create(config())
    index.add(randomMatrix(50, 4, 48))
    index.remove(Uint32Array.of(3))
    expect(index.waiting).toBe(0)
    index.setGraph(GRAPH)
    expect(index.waiting).toBeGreaterThan(0)
    complete(index)
    expect([index.waiting, index.indexed]).toEqual([0, 50])
    index.setGraph(undefined)
    expect(index.waiting).toBe(0)
  })
}
