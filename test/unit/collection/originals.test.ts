import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LocalCollection } from '../../../src/collection/collection.ts'
import { createConfig } from '../../../src/collection/config.ts'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { chunksOf, saveState } from '../../../src/collection/snapshot.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import type { CollectionOptions } from '../../../src/contract/api.ts'
import { QuiverError } from '../../../src/contract/errors.ts'
import type { Engine } from '../../../src/engine/index.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import type { ChunkRef, Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { VectorKind } from '../../../src/storage/operations.ts'
import { readingBy } from '../../support/damaged.ts'
import { idsOf, nearestByCosine, randomMatrix, row } from '../../support/vectors.ts'

const ROWS = 5000
const DIMENSION = 512
const matrix = randomMatrix(ROWS, DIMENSION, 1)
const LAST = `id-${String(ROWS - 1)}`

let engine: Engine
let db: LocalDatabase
let c: LocalCollection
let brings: Map<number, () => void>
/** Chunks of vectors whose next read fails. */
const failing = new Set<number>()

beforeAll(async () => {
  engine = await loadWasmEngine()
})

/** A collection whose chunks of vectors each come when they are let through. */
async function opened(options: CollectionOptions = {}): Promise<void> {
  const config = createConfig('c', { dimension: DIMENSION, ...options })
  const state = new CollectionState(engine, config)
  state.apply({
    type: 'upsert',
    collection: 0,
    ids: idsOf(ROWS),
    kinds: new Uint8Array(ROWS).fill(VectorKind.given),
    dimension: DIMENSION,
    vectors: matrix,
    docs: idsOf(ROWS).map(() => '{}'),
  })
  const storage = await openMemoryStorage('originals')
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 0, fold, undefined)
  const body = { collections: [saved], nextNumber: 1 }
  await fold.commit({ foldedSeq: 0, chunks: chunksOf(saved), body })
  state.retire()
  expect(saved.index?.chunks.vectors.length).toBeGreaterThan(2)
  db = await LocalDatabase.open('originals', engine, heldBack(storage))
  c = await db.collection('c')
}

function heldBack(storage: Storage): Storage {
  brings = new Map()
  const held = async ({ path, n }: ChunkRef): Promise<void> => {
    if (path.endsWith('/vectors')) await new Promise<void>((bring) => brings.set(n, bring))
  }
  return readingBy(storage, async (ref) => {
    await held(ref)
    if (ref.path.endsWith('/vectors') && failing.delete(ref.n)) {
      throw new QuiverError('INTERNAL', 'The browser failed once.')
    }
    return storage.readChunk(ref)
  })
}

async function bring(n: number): Promise<void> {
  await expect.poll(() => brings.has(n)).toBe(true)
  brings.get(n)!()
  brings.delete(n)
}

async function bringAll(): Promise<void> {
  const loading = (): boolean => db.status.loading
  while (loading()) {
    for (const each of brings.values()) each()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** What is asked does not answer before the vectors are there, and then answers. */
async function waits<T>(asked: Promise<T>): Promise<T> {
  let answered = false
  const watched = asked.finally(() => {
    answered = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(answered).toBe(false)
  await bringAll()
  return watched
}

afterEach(async () => {
  await bringAll()
  await db.close()
})

describe('before the vectors are read', () => {
  beforeEach(() => opened())

  const query = row(matrix, DIMENSION, 77)
  const nearest = (k: number): string[] =>
    nearestByCosine(matrix, DIMENSION, query, k).map((n) => `id-${String(n)}`)

  it('searches answer by codes and say so', async () => {
    expect(db.status.loading).toBe(true)
    const hits = await c.search(query, { k: 5 })
    expect(hits.map(({ id }) => id)).toContain('id-77')
    expect(hits.info.plan.reason).toContain('still being read')
    let changes = 0
    db.events.on('change', () => changes++)
    await bringAll()
    expect(changes).toBe(1)
    const later = await c.search(query, { k: 5 })
    expect(later.map(({ id }) => id)).toEqual(nearest(5))
    expect(later.info.plan.reason).not.toContain('still being read')
  })

  it('a vector is waited for, and no other', async () => {
    const asked = c.get(LAST)
    const others = c.get('id-0')
    const lastChunk = Math.max(...brings.keys())
    await bring(lastChunk)
    expect((await asked)?.vector).toEqual(row(matrix, DIMENSION, ROWS - 1))
    expect(db.status.loading).toBe(true)
    expect((await waits(others))?.vector).toEqual(row(matrix, DIMENSION, 0))
  })

  it.each([
    ['radius', { radius: 0.9 }],
    ['targetRecall 1', { targetRecall: 1 }],
    ['targetRecall 0.99', { targetRecall: 0.99 }],
    ['minScore', { minScore: 0.1 }],
  ])('%s waits for them', async (_name, options) => {
    const hits = await waits(c.search(query, { k: 3, ...options }))
    expect(hits.map(({ id }) => id)).toEqual(nearest(3).slice(0, hits.length))
    expect(hits[0]?.score).toBeCloseTo(1, 6)
  })

  it('more like a record waits for its vector', async () => {
    const hits = await waits(c.search({ id: 'id-77' }, { k: 4 }))
    expect(hits.map(({ id }) => id)).not.toContain('id-77')
    expect(hits).toHaveLength(4)
  })

  it('hits with vectors wait for them', async () => {
    const [hit] = await waits(c.search(query, { k: 1, include: ['vector'] }))
    expect(hit?.vector).toEqual(query)
  })

  it('an update keeps the vector bit for bit', async () => {
    await waits(c.update(LAST, { tag: 'x' }))
    expect(await c.get(LAST)).toEqual({
      id: LAST,
      tag: 'x',
      vector: row(matrix, DIMENSION, ROWS - 1),
    })
  })

  it('writes go on, and are found', async () => {
    const vectors = randomMatrix(2, DIMENSION, 9)
    await c.upsert(['new', 'id-5'], vectors)
    await c.delete('id-6')
    const [hit] = await c.search(row(vectors, DIMENSION, 0), { k: 1 })
    expect(hit?.id).toBe('new')
    expect((await c.get('new'))?.vector).toEqual(row(vectors, DIMENSION, 0))
    expect(db.status.loading).toBe(true)
    await bringAll()
    expect((await c.get('id-5'))?.vector).toEqual(row(vectors, DIMENSION, 1))
    expect(await c.get('id-6')).toBeUndefined()
    expect(await c.count()).toBe(ROWS)
  })

  it('a read that failed is tried again: for who asks, and after the next write for the rest', async () => {
    failing.add(0)
    await bring(0)
    await expect.poll(() => failing.size).toBe(0)
    const asked = c.get('id-0')
    await bring(0)
    expect((await asked)?.vector).toEqual(row(matrix, DIMENSION, 0))
    expect(db.status.loading).toBe(true)
    await c.delete('id-6')
    await bringAll()
    expect(db.status.loading).toBe(false)
    await c.search(query, { k: 1, radius: 0.9 })
  })

  it('other codes are made when they are there', async () => {
    await waits(db.collection('c', { quantization: 'f16' }))
    expect(await c.stats()).toMatchObject({ quantization: 'f16', rows: ROWS })
    expect((await c.get(LAST))?.vector).toEqual(row(matrix, DIMENSION, ROWS - 1))
  })
})

it('codes of one bit say too little alone', async () => {
  await opened({ quantization: '1bit' })
  const query = row(matrix, DIMENSION, 77)
  const [hit] = await waits(c.search(query, { k: 1 }))
  expect(hit?.id).toBe('id-77')
  expect(hit?.score).toBeCloseTo(1, 6)
})

it('sets are their own codes', async () => {
  await opened({ metric: 'hamming' })
  const [hit] = await c.search(row(matrix, DIMENSION, 77), { k: 1, radius: 10 })
  expect(hit).toMatchObject({ id: 'id-77', distance: 0 })
  expect(db.status.loading).toBe(true)
})
