/** What every engine does, whatever it computes with. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Metric } from '../../src/contract/api.ts'
import type { QuiverErrorCode } from '../../src/contract/errors.ts'
import {
  INDEX_PARTS,
  type Engine,
  type IndexChunks,
  type IndexConfig,
  type IndexSearchOptions,
  type Neighbors,
  type VectorIndex,
} from '../../src/engine/index.ts'
import { random, randomMatrix, row } from '../support/vectors.ts'

const METRICS: readonly Metric[] = ['cosine', 'dot', 'l2']
const CODES: readonly IndexConfig['codes'][] = ['none', 'int8']
const METHODS: readonly IndexSearchOptions['method'][] = ['graph', 'scan', 'exact']
const GRAPH = { M: 8, efConstruction: 60, seed: 7 }

export function engineContract(name: string, load: () => Promise<Engine>) {
  describe(`${name} engine`, () => {
    let engine: Engine
    beforeAll(async () => {
      engine = await load()
    })

    /** An index of the rows, all of them in its graph if it has one. */
    const indexOf = (matrix: Float32Array, config: IndexConfig) => {
      const index = engine.create(config)
      index.add(matrix)
      index.indexRows(index.rows)
      return index
    }

    describe('rows', () => {
      test('an empty index answers nothing', () => {
        for (const method of METHODS) {
          const index = engine.create(config({ graph: GRAPH }))
          expect(index.search(new Float32Array(4), { k: 3, ef: 10, method }).rows).toHaveLength(0)
          expect([index.rows, index.live, index.indexed]).toEqual([0, 0, 0])
          expect(index.indexRows(10)).toBe(0)
        }
      })

      test('are numbered in the order they are added', () => {
        const index = engine.create(config())
        expect(index.add(randomMatrix(3, 4, 1))).toBe(0)
        expect(index.add(randomMatrix(2, 4, 2))).toBe(3)
        expect(index.add(new Float32Array(0))).toBe(5)
        expect(index.rows).toBe(5)
      })

      test('come back bit for bit', () => {
        for (const metric of METRICS) {
          for (const codes of CODES) {
            const given = Float32Array.of(-0, 1e-42, 3.4e38, -1e-20, 0.1, 1, 2, -3)
            const index = engine.create(config({ metric, codes }))
            index.add(given)
            const bits = [...index.vector(0), ...index.vector(1)]
            expect(new Uint8Array(Float32Array.from(bits).buffer)).toEqual(
              new Uint8Array(given.buffer),
            )
          }
        }
      })

      test('many rows span several blocks of memory', () => {
        const matrix = randomMatrix(3_000, 500, 3)
        const index = engine.create(config({ dimension: 500, codes: 'int8' }))
        index.add(matrix.subarray(0, 500))
        index.add(matrix.subarray(500))
        for (const n of [0, 1, 2_046, 2_047, 2_048, 2_999]) {
          expect(index.vector(n)).toEqual(row(matrix, 500, n))
          expect(index.search(row(matrix, 500, n), exact(1)).rows).toEqual(Uint32Array.of(n))
        }
      })

      test('a matrix or a query of another length is refused', () => {
        const index = engine.create(config())
        const mismatch = failing('DIMENSION_MISMATCH')
        expect(() => index.add(new Float32Array(6))).toThrow(mismatch)
        expect(() => index.search(new Float32Array(3), exact(1))).toThrow(mismatch)
        expect(() => index.search(new Float32Array(8), exact(1))).toThrow(mismatch)
        expect(() => index.searchMany(new Float32Array(6), exact(1))).toThrow(mismatch)
        expect(index.rows).toBe(0)
      })
    })

    describe('answers', () => {
      for (const metric of METRICS) {
        for (const codes of CODES) {
          test(`exact ${metric} search on ${codes} codes equals the definition`, () => {
            for (const dimension of [1, 3, 16, 50, 384]) {
              const matrix = randomMatrix(300, dimension, dimension)
              const index = engine.create(config({ dimension, metric, codes }))
              index.add(matrix)
              for (const query of rowsOf(randomMatrix(5, dimension, 99), dimension)) {
                const expected = definition(matrix, query, metric)
                expectNearest(index.search(query, exact(10)), expected, 10)
              }
            }
          })

          test(`${metric} scans and walks on ${codes} codes find at least 95%`, () => {
            const dimension = 32
            const matrix = clustered(3_000, dimension, 5)
            const index = indexOf(matrix, config({ dimension, metric, codes, graph: GRAPH }))
            const queries = clustered(60, dimension, 6)
            for (const method of METHODS) {
              expect(recall(index, matrix, queries, { k: 10, ef: 200, method })).toBeGreaterThan(
                0.95,
              )
            }
          })
        }
      }

      test('more than there are gives all, nearest first', () => {
        const matrix = randomMatrix(200, 4, 8)
        const index = indexOf(matrix, config({ graph: GRAPH, codes: 'int8' }))
        for (const method of METHODS) {
          const found = index.search(matrix.subarray(0, 4), { k: 1e9, ef: 10, method })
          expectNearest(found, definition(matrix, matrix.subarray(0, 4), 'cosine'), 200)
        }
      })

      test('equal distances come in row order', () => {
        const matrix = Float32Array.from({ length: 100 * 4 }, (_, i) => (i % 4 === 0 ? 1 : 0))
        for (const codes of CODES) {
          const index = indexOf(matrix, config({ codes, graph: GRAPH }))
          for (const method of METHODS) {
            const { rows, distances } = index.search(Float32Array.of(1, 1, 0, 0), {
              k: 20,
              ef: 50,
              method,
            })
            expect([...rows]).toEqual(Array.from({ length: 20 }, (_, n) => n))
            expect(new Set(distances).size).toBe(1)
          }
        }
      })

      test('a batch is answered as its queries are', () => {
        const matrix = randomMatrix(500, 16, 9)
        const index = indexOf(matrix, config({ dimension: 16, codes: 'int8', graph: GRAPH }))
        const queries = randomMatrix(7, 16, 10)
        for (const method of METHODS) {
          const options = { k: 5, ef: 40, method }
          expect(index.searchMany(queries, options).map(plain)).toEqual(
            rowsOf(queries, 16).map((query) => plain(index.search(query, options))),
          )
          expect(index.searchMany(new Float32Array(0), options)).toEqual([])
        }
      })

      test('lengths from one end of the floats to the other do not disturb cosine', () => {
        const shape = randomMatrix(100, 8, 11)
        const matrix = shape.map((value, i) => value * 10 ** (((i >> 3) % 60) - 30))
        const index = indexOf(matrix, config({ dimension: 8, codes: 'int8', graph: GRAPH }))
        for (const method of METHODS) {
          const found = index.search(shape.subarray(0, 8), { k: 10, ef: 100, method })
          expectNearest(found, definition(shape, shape.subarray(0, 8), 'cosine'), 10)
        }
      })
    })

    describe('filters and removals', () => {
      test('only rows of the mask are answered, and k of them when k match', () => {
        const matrix = clustered(4_000, 16, 12)
        const queries = clustered(5, 16, 13)
        for (const codes of CODES) {
          const index = indexOf(matrix, config({ dimension: 16, codes, graph: GRAPH }))
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
        const index = indexOf(matrix, config({ dimension: 16, metric: 'l2', graph: GRAPH }))
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
        const index = indexOf(randomMatrix(100, 4, 16), config({ graph: GRAPH }))
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
        for (const codes of CODES) {
          const index = engine.create(config({ dimension: 8, codes, graph: GRAPH }))
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
        const index = engine.create(config())
        const refused = failing('INVALID_OPTION')
        expect(() => {
          index.remove(Uint32Array.of(0))
        }).toThrow(refused)
        expect(() => index.vector(0)).toThrow(refused)
      })
    })

    describe('graph', () => {
      test('rows that wait are found at once', () => {
        const matrix = clustered(3_000, 16, 19)
        const index = engine.create(config({ dimension: 16, codes: 'int8', graph: GRAPH }))
        index.add(matrix)
        expect(index.indexRows(2_000)).toBe(1_000)
        expect(index.indexed).toBe(2_000)
        for (const n of [0, 1_999, 2_000, 2_999]) {
          expect(index.search(row(matrix, 16, n), graph(1)).rows).toEqual(Uint32Array.of(n))
        }
        expect(index.indexRows(5_000)).toBe(0)
        expect(index.indexed).toBe(3_000)
      })

      test('comes and goes', () => {
        const matrix = clustered(2_000, 16, 20)
        const index = engine.create(config({ dimension: 16, codes: 'int8' }))
        index.add(matrix)
        expect(index.indexRows(10)).toBe(0)
        expect(index.config.graph).toBeUndefined()
        index.setGraph(GRAPH)
        expect(index.config.graph).toEqual(GRAPH)
        expect(index.indexed).toBe(0)
        index.indexRows(2_000)
        expect(index.indexed).toBe(2_000)
        index.setGraph(undefined)
        expect(index.indexed).toBe(0)
        expect(index.search(row(matrix, 16, 5), graph(1)).rows).toEqual(Uint32Array.of(5))
      })

      test('two builds from the same rows and seed are equal', () => {
        const matrix = clustered(2_000, 16, 21)
        const settings = config({ dimension: 16, codes: 'int8', graph: GRAPH })
        const [a, b] = [indexOf(matrix, settings), engine.create(settings)]
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
          const index = indexOf(matrix, config({ dimension, metric, codes: 'int8', graph: GRAPH }))
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
        for (const codes of CODES) {
          for (const [metric, rows] of cases) {
            const index = indexOf(rows, config({ dimension, metric, codes, graph: GRAPH }))
            const queries = rows.subarray(0, 50 * dimension)
            expect(recall(index, rows, queries, graph(10))).toBeGreaterThan(0.95)
          }
        }
      })

      test('zero vectors around a single other one do not ruin it', () => {
        const matrix = new Float32Array(5_000 * 16)
        matrix[3_333 * 16] = 1
        for (const metric of METRICS) {
          for (const codes of CODES) {
            const index = indexOf(matrix, config({ dimension: 16, metric, codes, graph: GRAPH }))
            const query = new Float32Array(16).fill(1)
            expect(index.search(query, graph(10)).rows).toHaveLength(10)
            if (metric !== 'l2') expect(index.search(query, graph(1)).rows[0]).toBe(3_333)
          }
        }
      })

      test('place-holders that were removed at once do not disturb it', () => {
        const dimension = 16
        const matrix = clustered(3_000, dimension, 25)
        const holes = rowsWhere(3_000, 0.3, 26)
        for (const n of holes) matrix.fill(0, n * dimension, (n + 1) * dimension)
        for (const metric of METRICS) {
          const index = engine.create(config({ dimension, metric, codes: 'int8', graph: GRAPH }))
          index.add(matrix)
          index.remove(Uint32Array.from(holes))
          index.indexRows(3_000)
          const queries = clustered(30, dimension, 27)
          const live = new Set(
            Array.from({ length: 3_000 }, (_, n) => n).filter((n) => !holes.has(n)),
          )
          expect(recall(index, matrix, queries, graph(10), live)).toBeGreaterThan(0.95)
        }
      })
    })

    describe('saving', () => {
      const settings = config({ dimension: 16, codes: 'int8', graph: GRAPH })
      const saved = () => {
        const index = engine.create(settings)
        index.add(clustered(2_000, 16, 28))
        index.remove(Uint32Array.of(3, 5, 1_999))
        index.indexRows(1_500)
        return index
      }

      test('what was saved comes back, and goes on', () => {
        for (const metric of METRICS) {
          for (const codes of CODES) {
            for (const graphConfig of [GRAPH, undefined]) {
              const own = config({ dimension: 16, metric, codes, graph: graphConfig })
              const matrix = clustered(2_000, 16, 29)
              const index = engine.create(own)
              index.add(matrix)
              index.remove(Uint32Array.of(3, 5, 1_999))
              index.indexRows(1_500)
              const loaded = engine.load(own, chunksOf(index))
              expect(fingerprint(loaded)).toBe(fingerprint(index))
              expect([loaded.rows, loaded.live, loaded.indexed]).toEqual([
                index.rows,
                index.live,
                index.indexed,
              ])
              for (const both of [loaded, index]) {
                both.add(clustered(500, 16, 30))
                both.indexRows(700)
              }
              for (const method of METHODS) {
                const options = { k: 10, ef: 100, method }
                const queries = clustered(10, 16, 31)
                const whole = concatenate([matrix, clustered(500, 16, 30)])
                const live = new Set(
                  Array.from({ length: 2_500 }, (_, n) => n).filter(
                    (n) => ![3, 5, 1_999].includes(n),
                  ),
                )
                expect(recall(loaded, whole, queries, options, live)).toBeGreaterThan(0.95)
              }
            }
          }
        }
      })

      test('twins are saved with their list', () => {
        const matrix = Float32Array.from({ length: 3_000 * 16 }, (_, i) =>
          i % 16 === (i >> 4) % 7 ? 1 : 0,
        )
        const index = indexOf(matrix, settings)
        const loaded = engine.load(settings, chunksOf(index))
        const query = matrix.subarray(0, 16)
        expect(plain(loaded.search(query, graph(400)))).toEqual(
          plain(index.search(query, graph(400))),
        )
      })

      test('an empty index is saved as well', () => {
        const index = engine.create(settings)
        const loaded = engine.load(settings, chunksOf(index))
        expect(loaded.add(randomMatrix(2, 16, 32))).toBe(0)
        expect(loaded.search(new Float32Array(16).fill(1), graph(5)).rows).toHaveLength(2)
      })

      test('only what changed is dirty', () => {
        const dimension = 512
        const index = engine.create(config({ dimension, codes: 'int8' }))
        index.add(randomMatrix(2_500, dimension, 33))
        const vectorChunks = index.chunkCount('vectors')
        expect(vectorChunks).toBeGreaterThan(1)
        expect(index.dirtyChunks('vectors')).toHaveLength(vectorChunks)
        expect(index.dirtyChunks('state')).toHaveLength(1)
        index.markClean()
        for (const part of INDEX_PARTS) expect(index.dirtyChunks(part)).toHaveLength(0)
        index.remove(Uint32Array.of(1))
        expect(index.dirtyChunks('state')).toHaveLength(1)
        expect(index.dirtyChunks('vectors')).toHaveLength(0)
        index.add(randomMatrix(1, dimension, 34))
        expect([...index.dirtyChunks('vectors')]).toEqual([index.chunkCount('vectors') - 1])
        const loaded = engine.load(index.config, chunksOf(index))
        for (const part of INDEX_PARTS) expect(loaded.dirtyChunks(part)).toHaveLength(0)
      })

      test('chunks are at most 4 MiB', () => {
        const index = engine.create(config({ dimension: 1_000, codes: 'int8', graph: GRAPH }))
        index.add(randomMatrix(3_000, 1_000, 35))
        for (const part of INDEX_PARTS) {
          for (const chunk of chunksOf(index)[part]) {
            expect(chunk.length).toBeLessThanOrEqual(4 << 20)
          }
        }
      })

      test('bytes that are not what was saved are refused', () => {
        const chunks = chunksOf(saved())
        const corrupt = failing('CORRUPT')
        const next = random(36)
        for (const part of INDEX_PARTS) {
          const replace = (n: number, ...instead: Uint8Array[]): IndexChunks => {
            const replaced = [...chunks[part]]
            replaced.splice(n, 1, ...instead)
            return { ...chunks, [part]: replaced }
          }
          for (const [n, chunk] of chunks[part].entries()) {
            for (let flip = 0; flip < 20; flip++) {
              const flipped = chunk.slice()
              const at = Math.floor(next() * chunk.length)
              flipped[at] = chunk[at]! ^ (1 << Math.floor(next() * 8))
              const refused = failing('CORRUPT', 'NEWER_FORMAT')
              expect(() => engine.load(settings, replace(n, flipped))).toThrow(refused)
            }
            for (const bytes of [chunk.slice(0, -1), chunk.slice(0, 3), new Uint8Array(0)]) {
              expect(() => engine.load(settings, replace(n, bytes))).toThrow(corrupt)
            }
            expect(() => engine.load(settings, replace(n))).toThrow(corrupt)
            expect(() => engine.load(settings, replace(n, chunk, chunk))).toThrow(corrupt)
          }
        }
        expect(() => engine.load({ ...settings, dimension: 8 }, chunks)).toThrow(corrupt)
        expect(() => engine.load({ ...settings, metric: 'l2' }, chunks)).toThrow(corrupt)
        expect(engine.load(settings, chunks).rows).toBe(2_000)
      })
    })
  })
}

/** An error with one of the codes, for `toThrow`. */
function failing(...codes: QuiverErrorCode[]): object {
  const code: unknown = expect.toSatisfy((code: QuiverErrorCode) => codes.includes(code))
  return expect.objectContaining({ code }) as object
}

function config(options: Partial<IndexConfig> = {}): IndexConfig {
  const codes = options.metric === 'hamming' || options.metric === 'jaccard' ? '1bit' : 'none'
  return { dimension: 4, metric: 'cosine', codes, originals: 'f32', graph: undefined, ...options }
}

function exact(k: number): IndexSearchOptions {
  return { k, ef: 1, method: 'exact' }
}

function graph(k: number): IndexSearchOptions {
  return { k, ef: 100, method: 'graph' }
}

function plain({ rows, distances }: Neighbors) {
  return { rows: [...rows], distances: [...distances] }
}

function chunksOf(index: VectorIndex): IndexChunks {
  const part = (name: (typeof INDEX_PARTS)[number]) =>
    Array.from({ length: index.chunkCount(name) }, (_, n) => index.readChunk(name, n))
  return {
    state: part('state'),
    vectors: part('vectors'),
    codes: part('codes'),
    graph: part('graph'),
  }
}

/** Differs when any byte of any chunk does (FNV-1a; comparing the bytes themselves takes Vitest seconds). */
function fingerprint(index: VectorIndex): string {
  const chunks = chunksOf(index)
  const hash = (chunk: Uint8Array) =>
    chunk.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5)
  return INDEX_PARTS.map((part) => `${part} ${chunks[part].map(hash).join(' ')}`).join('; ')
}

function rowsOf(matrix: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: matrix.length / dimension }, (_, n) => row(matrix, dimension, n))
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** `rows` vectors around one centre that follows from the seed. */
function cluster(rows: number, dimension: number, seed: number): Float32Array {
  const centre = randomMatrix(1, dimension, seed)
  const spread = randomMatrix(rows, dimension, seed * 31 + rows)
  return spread.map((value, i) => centre[i % dimension]! + 0.3 * value)
}

/** `rows` vectors around fifty centres, in no order. */
function clustered(rows: number, dimension: number, seed: number): Float32Array {
  const centres = randomMatrix(50, dimension, 1)
  const next = random(seed)
  const matrix = new Float32Array(rows * dimension)
  for (let n = 0; n < rows; n++) {
    const centre = Math.floor(next() * 50) * dimension
    for (let i = 0; i < dimension; i++) {
      matrix[n * dimension + i] = centres[centre + i]! + next() - 0.5
    }
  }
  return matrix
}

function rowsWhere(rows: number, share: number, seed: number): Set<number> {
  const next = random(seed)
  return new Set(Array.from({ length: rows }, (_, n) => n).filter(() => next() < share))
}

function maskOf(matches: ReadonlySet<number>, rows: number): Uint8Array {
  const mask = new Uint8Array(Math.ceil(rows / 8))
  for (const n of matches) mask[n >> 3]! |= 1 << (n & 7)
  return mask
}

interface Scored {
  readonly n: number
  readonly distance: number
}

/** All rows by the metric's definition in double precision, nearest first. */
function definition(matrix: Float32Array, query: Float32Array, metric: Metric): Scored[] {
  const dimension = query.length
  const scored = Array.from({ length: matrix.length / dimension }, (_, n): Scored => {
    let [dot, own, other, squares, absolute, both, either] = [0, 0, 0, 0, 0, 0, 0]
    for (let i = 0; i < dimension; i++) {
      const [q, v] = [query[i]!, matrix[n * dimension + i]!]
      dot += q * v
      own += q * q
      other += v * v
      squares += (q - v) ** 2
      absolute += Math.abs(q - v)
      if (q > 0 && v > 0) both++
      if (q > 0 || v > 0) either++
    }
    const distance = {
      cosine: own * other === 0 ? 1 : 1 - dot / Math.sqrt(own) / Math.sqrt(other),
      dot: -dot,
      l2: Math.sqrt(squares),
      l1: absolute,
      hamming: either - both,
      jaccard: either === 0 ? 0 : 1 - both / either,
    }[metric]
    return { n, distance }
  })
  return scored.sort((a, b) => a.distance - b.distance || a.n - b.n)
}

/** The answer is the first `k` of the definition, but for rounding. */
function expectNearest(found: Neighbors, expected: readonly Scored[], k: number): void {
  expect(found.rows).toHaveLength(k)
  expect(new Set(found.rows).size).toBe(k)
  const distanceOf = new Map(expected.map(({ n, distance }) => [n, distance]))
  for (const [i, n] of found.rows.entries()) {
    const tolerance = 1e-5 * Math.max(1, Math.abs(expected[i]!.distance))
    expect(Math.abs(found.distances[i]! - expected[i]!.distance)).toBeLessThan(tolerance)
    expect(Math.abs(found.distances[i]! - distanceOf.get(n)!)).toBeLessThan(tolerance)
  }
}

/** The share of answers that are as near as the definition's, over all queries. */
function recall(
  index: VectorIndex,
  matrix: Float32Array,
  queries: Float32Array,
  options: IndexSearchOptions,
  among?: ReadonlySet<number>,
): number {
  const { dimension, metric } = index.config
  let [found, wanted] = [0, 0]
  for (const query of rowsOf(queries, dimension)) {
    const expected = definition(matrix, query, metric).filter(({ n }) => !among || among.has(n))
    const farthest = expected[options.k - 1]!.distance
    const distances = [...index.search(query, options).distances]
    found += distances.filter((d) => d <= farthest + 1e-5 * Math.max(1, Math.abs(farthest))).length
    wanted += options.k
  }
  return found / wanted
}
