import { expect, test } from 'vitest'
import type { Engine, IndexConfig, VectorIndex } from '../../../src/engine/index.ts'
import { row } from '../../support/vectors.ts'
import { clustered, rowsOf } from './data.ts'
import { definition, expectNearest, recall } from './oracle.ts'
import {
  chunksOf,
  config,
  exact,
  failing,
  fingerprint,
  GRAPH,
  indexOf,
  METHODS,
  nameOf,
  plain,
  VARIANTS,
} from './support.ts'

const DIMENSION = 512

/** Indexes that are loaded before their vectors are. */
export function handingInContract(engine: () => Engine): void {
  const matrix = clustered(2_500, DIMENSION, 60)
  const queries = clustered(10, DIMENSION, 61)

  const saved = (options: Partial<IndexConfig> = {}, rows = 2_500) => {
    const settings = config({ dimension: DIMENSION, codes: 'int8', ...options })
    const index = indexOf(engine(), matrix.subarray(0, rows * DIMENSION), settings)
    index.remove(Uint32Array.of(2))
    const chunks = chunksOf(index)
    const loaded = engine().load(index.config, { ...chunks, vectors: [] })
    return { index, chunks, loaded }
  }

  const handInAll = (loaded: VectorIndex, vectors: readonly Uint8Array[]) => {
    for (const [chunk, bytes] of vectors.entries()) loaded.handIn('vectors', chunk, bytes)
  }

  test('until the vectors come, codes answer', () => {
    for (const codes of ['f16', 'int8'] as const) {
      const { loaded, chunks } = saved({ codes, graph: GRAPH })
      expect(loaded.missingChunks).toBe(chunks.vectors.length)
      expect([loaded.rows, loaded.live]).toEqual([2_500, 2_499])
      expect(() => loaded.vector(0)).toThrow(failing('NOT_FOUND'))
      const live = new Set(Array.from({ length: 2_500 }, (_, n) => n).filter((n) => n !== 2))
      for (const method of METHODS) {
        // Codes alone take near neighbours for each other now and then; what they find lies close all the same.
        for (const query of rowsOf(queries, DIMENSION)) {
          const { rows } = loaded.search(query, { k: 10, ef: 200, method })
          const nearest = definition(matrix, query, 'cosine').filter(({ n }) => live.has(n))
          const near = new Set(nearest.slice(0, 30).map(({ n }) => n))
          expect([...rows].filter((n) => near.has(n)).length).toBeGreaterThanOrEqual(9)
        }
      }
    }
  })

  for (const variant of VARIANTS.filter(({ codes }) => codes !== 'none')) {
    test(`once all came, it is as it was: ${nameOf(variant)}`, () => {
      const { index, chunks, loaded } = saved(variant, 300)
      handInAll(loaded, chunks.vectors)
      expect(loaded.missingChunks).toBe(0)
      expect(loaded.dirtyChunks('vectors')).toHaveLength(0)
      expect(fingerprint(loaded)).toBe(fingerprint(index))
      expect(loaded.vector(123)).toEqual(index.vector(123))
      for (const method of METHODS) {
        const options = { k: 10, ef: 100, method }
        expect(loaded.searchMany(queries, options).map(plain)).toEqual(
          index.searchMany(queries, options).map(plain),
        )
      }
    })
  }

  test('chunks come one by one and in any order; those that are there serve', () => {
    const { chunks, loaded } = saved()
    const last = chunks.vectors.length - 1
    expect(last).toBeGreaterThan(0)
    loaded.handIn('vectors', last, chunks.vectors[last]!)
    expect(loaded.missingChunks).toBe(last)
    expect(loaded.vector(2_499)).toEqual(row(matrix, DIMENSION, 2_499))
    expect(() => loaded.vector(0)).toThrow(failing('NOT_FOUND'))
    expect(() => loaded.readChunk('vectors', 0)).toThrow(failing('NOT_FOUND'))
    loaded.handIn('vectors', last, chunks.vectors[last]!)
    expect(loaded.missingChunks).toBe(last)
    handInAll(loaded, chunks.vectors)
    const expected = definition(matrix, queries.subarray(0, DIMENSION), 'cosine')
    const live = expected.filter(({ n }) => n !== 2)
    expectNearest(loaded.search(queries.subarray(0, DIMENSION), exact(10)), live, 10)
  })

  test('rows may be added and removed meanwhile', () => {
    const { chunks, loaded } = saved({ graph: GRAPH })
    const added = clustered(700, DIMENSION, 62)
    expect(loaded.add(added)).toBe(2_500)
    loaded.remove(Uint32Array.of(5))
    expect(loaded.vector(2_600)).toEqual(row(added, DIMENSION, 100))
    handInAll(loaded, chunks.vectors)
    expect(loaded.missingChunks).toBe(0)
    expect(loaded.vector(1)).toEqual(row(matrix, DIMENSION, 1))
    expect(loaded.vector(2_600)).toEqual(row(added, DIMENSION, 100))
    expect(recall(loaded, added, added.subarray(0, DIMENSION), exact(1))).toBe(1)
  })

  test('what is not the chunk is refused, and it may be handed in again', () => {
    const { chunks, loaded } = saved()
    const missing = loaded.missingChunks
    const bytes = chunks.vectors[0]!
    const flipped = bytes.slice()
    flipped[bytes.length >> 1]! ^= 4
    const corrupt = failing('CORRUPT')
    for (const wrong of [flipped, bytes.slice(0, -4), chunks.vectors.at(-1)!, new Uint8Array(0)]) {
      expect(() => {
        loaded.handIn('vectors', 0, wrong)
      }).toThrow(corrupt)
    }
    expect(() => {
      loaded.handIn('vectors', missing, bytes)
    }).toThrow(failing('INVALID_OPTION'))
    expect(loaded.missingChunks).toBe(missing)
    handInAll(loaded, chunks.vectors)
    expect(loaded.missingChunks).toBe(0)
  })

  test('without codes nothing would answer: all vectors must be there', () => {
    const settings = config({ dimension: DIMENSION })
    const chunks = chunksOf(indexOf(engine(), matrix, settings))
    expect(() => engine().load(settings, { ...chunks, vectors: [] })).toThrow(failing('CORRUPT'))
  })
}
