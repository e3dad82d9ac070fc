import { expect, test } from 'vitest'
import { INDEX_PARTS, type Engine, type IndexChunks } from '../../../src/engine/index.ts'
import { random, randomMatrix } from '../../support/vectors.ts'
import { clustered, rowsOf } from './data.ts'
import { recall } from './oracle.ts'
import {
  chunksOf,
  complete,
  config,
  failing,
  fingerprint,
  GRAPH,
  graph,
  indexOf,
  kept,
  METHODS,
  nameOf,
  plain,
  VARIANTS,
} from './support.ts'

/** Chunks, and indexes made of them. */
export function savingContract(engine: () => Engine): void {
  const settings = config({ dimension: 16, codes: 'int8', graph: GRAPH })
  const saved = () => {
    const index = engine().create(settings)
    index.add(clustered(2_000, 16, 28))
    index.remove(Uint32Array.of(3, 5, 1_999))
    index.indexRows(1_500)
    return index
  }

  for (const variant of VARIANTS) {
    test(`what was saved comes back, and goes on: ${nameOf(variant)}`, () => {
      for (const graphConfig of [GRAPH, undefined]) {
        const own = config({ dimension: 64, ...variant, graph: graphConfig })
        const index = engine().create(own)
        index.add(clustered(1_000, 64, 29))
        index.remove(Uint32Array.of(3, 5, 999))
        index.indexRows(700)
        const loaded = engine().load(own, chunksOf(index))
        expect(fingerprint(loaded)).toBe(fingerprint(index))
        for (const count of ['rows', 'live', 'indexed', 'waiting', 'missingChunks'] as const) {
          expect(loaded[count]).toBe(index[count])
        }
        loaded.add(clustered(250, 64, 30))
        complete(loaded)
        const gone = new Set([3, 5, 999])
        const live = new Set(Array.from({ length: 1_250 }, (_, n) => n).filter((n) => !gone.has(n)))
        for (const method of METHODS) {
          const options = { k: 10, ef: 200, method }
          const queries = clustered(10, 64, 31)
          expect(recall(loaded, kept(loaded), queries, options, live)).toBeGreaterThan(0.95)
        }
      }
    })
  }

  for (const originals of ['f32', 'f16'] as const) {
    test(`vectors can be read out of their chunks alone: ${originals}`, () => {
      const own = config({ dimension: 500, codes: 'int8', originals })
      const matrix = randomMatrix(5_000, 500, 38)
      // Halves of these have scales of their own.
      matrix.subarray(0, 500).fill(0)
      for (let i = 500; i < 1_000; i++) matrix[i]! *= 1e6
      const index = indexOf(engine(), matrix, own)
      const { vectors } = chunksOf(index)
      expect(vectors.length).toBeGreaterThan(1)
      const read = vectors.map((chunk) => engine().readVectors(own, chunk))
      const rows = read.flatMap((part) => rowsOf(part, 500))
      expect(rows).toHaveLength(5_000)
      for (const row of [0, 1, 2, 1_023, 1_024, 4_095, 4_096, 4_999]) {
        expect(rows[row]).toEqual(index.vector(row))
      }
      const corrupt = failing('CORRUPT')
      for (const wrong of [vectors[0]!.slice(0, -2), new Uint8Array(0)]) {
        expect(() => engine().readVectors(own, wrong)).toThrow(corrupt)
      }
    })
  }

  test('twins are saved with their list', () => {
    const matrix = Float32Array.from({ length: 3_000 * 16 }, (_, i) =>
      i % 16 === (i >> 4) % 7 ? 1 : 0,
    )
    const index = indexOf(engine(), matrix, settings)
    const loaded = engine().load(settings, chunksOf(index))
    const query = matrix.subarray(0, 16)
    expect(plain(loaded.search(query, graph(400)))).toEqual(plain(index.search(query, graph(400))))
  })

  test('an empty index is saved as well', () => {
    const index = engine().create(settings)
    const loaded = engine().load(settings, chunksOf(index))
    expect(loaded.add(randomMatrix(2, 16, 32))).toBe(0)
    expect(loaded.search(new Float32Array(16).fill(1), graph(5)).rows).toHaveLength(2)
  })

  test('only what changed is dirty', () => {
    const dimension = 512
    const index = engine().create(config({ dimension, codes: 'int8' }))
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
    const loaded = engine().load(index.config, chunksOf(index))
    for (const part of INDEX_PARTS) expect(loaded.dirtyChunks(part)).toHaveLength(0)
  })

  test('chunks are at most 4 MiB', () => {
    const index = engine().create(config({ dimension: 1_000, codes: 'int8', graph: GRAPH }))
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
          expect(() => engine().load(settings, replace(n, flipped))).toThrow(refused)
        }
        for (const bytes of [chunk.slice(0, -1), chunk.slice(0, 3), new Uint8Array(0)]) {
          expect(() => engine().load(settings, replace(n, bytes))).toThrow(corrupt)
        }
        // With all of its vectors missing, an index is one whose vectors are handed in later.
        if (part !== 'vectors' || chunks[part].length > 1) {
          expect(() => engine().load(settings, replace(n))).toThrow(corrupt)
        }
        expect(() => engine().load(settings, replace(n, chunk, chunk))).toThrow(corrupt)
      }
    }
    expect(() => engine().load({ ...settings, dimension: 8 }, chunks)).toThrow(corrupt)
    expect(() => engine().load({ ...settings, metric: 'l2' }, chunks)).toThrow(corrupt)
    expect(() => engine().load({ ...settings, codes: 'f16' }, chunks)).toThrow(corrupt)
    expect(() => engine().load({ ...settings, originals: 'f16' }, chunks)).toThrow(corrupt)
    expect(engine().load(settings, chunks).rows).toBe(2_000)
  })
}
