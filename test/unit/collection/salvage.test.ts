import { beforeAll, describe, expect, it } from 'vitest'
import { createConfig } from '../../../src/collection/config.ts'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { matchRows } from '../../../src/collection/match.ts'
import { encodeDocument } from '../../../src/collection/records.ts'
import { recover } from '../../../src/collection/recover.ts'
import { chunksOf, saveState } from '../../../src/collection/snapshot.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import type { Collection, IndexOption } from '../../../src/contract/api.ts'
import type { Engine } from '../../../src/engine/index.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import type { ChunkRef, Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { encodeWrite, VectorKind } from '../../../src/storage/operations.ts'
import { damaged, readingBy } from '../../support/damaged.ts'
import { idsOf, randomMatrix, row } from '../../support/vectors.ts'

const ROWS = 17_000
const DIMENSION = 96
const matrix = randomMatrix(ROWS, DIMENSION, 1)
/** Without a vector: a text that means nothing to the model. */
const isText = (n: number): boolean => n % 100 === 7
const isDeleted = (n: number): boolean => n % 10 === 3

let engine: Engine
let graph: CollectionState
let flat: CollectionState

beforeAll(async () => {
  engine = await loadWasmEngine()
  graph = filled({ type: 'hnsw', M: 4, efConstruction: 16 })
  while (graph.index!.waiting > 0) graph.index!.indexRows(4_000)
  flat = filled({ type: 'flat' })
})

function filled(index: IndexOption): CollectionState {
  const config = createConfig('c', {
    dimension: DIMENSION,
    fields: { n: 'number' },
    originals: 'f16',
    index,
  })
  const state = new CollectionState(engine, config)
  const ids = idsOf(ROWS)
  const withVector = [...ids.keys()].filter((n) => !isText(n))
  const vectors = new Float32Array(withVector.length * DIMENSION)
  for (const [at, n] of withVector.entries()) {
    vectors.set(row(matrix, DIMENSION, n), at * DIMENSION)
  }
  state.apply({
    type: 'upsert',
    collection: 3,
    ids,
    kinds: Uint8Array.from(ids, (_, n) => (isText(n) ? VectorKind.none : VectorKind.given)),
    dimension: DIMENSION,
    vectors,
    docs: ids.map((id, n) => encodeDocument({ n, text: 'x'.repeat(50) }, id)),
  })
  state.apply({ type: 'delete', collection: 3, ids: ids.filter((_, n) => isDeleted(n)) })
  return state
}

/** A collection of several chunks of most parts in a snapshot alone: nothing of it is left in the log. */
async function stored(state: CollectionState): Promise<Storage> {
  const storage = await openMemoryStorage('salvage')
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 3, fold, undefined)
  await fold.commit({
    foldedSeq: 0,
    chunks: chunksOf(saved),
    body: { collections: [saved], nextNumber: 4 },
  })
  return storage
}

const live = [...Array(ROWS).keys()].filter((n) => !isDeleted(n))

async function recovered(isDamaged: (ref: ChunkRef) => boolean) {
  const there = damaged(await stored(graph), isDamaged)
  const { collections, damage } = await recover(engine, there, 'mending')
  const [collection] = collections
  const { state } = collection!
  await state.loaded()
  return { state, damage, storage: there, collection: collection! }
}

const chunk =
  (part: string, n: number) =>
  (ref: ChunkRef): boolean =>
    ref.path === `3/${part}` && ref.n === n

async function expectRecord(state: CollectionState, from: Storage, n: number): Promise<void> {
  const found = state.findRow(`id-${String(n)}`)!
  expect(found).toBeDefined()
  const [document] = await state.documents.read([found], from)
  expect(JSON.parse(document!)).toMatchObject({ n })
  expect(state.hasVector(found)).toBe(!isText(n))
  if (isText(n)) return
  const vector = (await state.vector(found))!
  for (const [i, value] of vector.entries()) {
    expect(Math.abs(value - matrix[n * DIMENSION + i]!)).toBeLessThan(1e-3)
  }
  const options = { k: 1, ef: 100, method: 'exact' } as const
  expect([...state.index!.search(vector, options).rows]).toEqual([found])
}

it.each([
  [new RangeError('Array buffer allocation failed'), 'OUT_OF_MEMORY'],
  [new TypeError('x is not a function'), 'INTERNAL'],
])('%s while a database is read back is no damage', async (failure, code) => {
  const failing = readingBy(await stored(flat), () => Promise.reject(failure))
  await expect(LocalDatabase.open('failing', engine, failing)).rejects.toMatchObject({ code })
  await expect(recover(engine, failing)).rejects.toMatchObject({ code: 'CORRUPT' })
})

describe('a collection without the generation before and without the log', () => {
  it('is as it was while nothing is damaged', async () => {
    const { state, damage, storage, collection } = await recovered(() => false)
    expect(damage).toEqual([])
    expect(collection.isRewritten).toBe(false)
    expect(state.count).toBe(live.length)
    await expectRecord(state, storage, 0)
    state.retire()
  })

  it.each([
    ['state', 0, 'graph'],
    ['codes', 0, 'codes'],
    ['graph', 0, 'graph'],
    ['columns', 1, 'columns'],
    ['kinds', 0, 'ids'],
    ['kinds', 1, 'ids'],
  ])('loses nothing with chunk %s %d', async (part, n, reported) => {
    const { state, damage, storage: from, collection } = await recovered(chunk(part, n))
    expect(damage).toMatchObject([{ part: reported, collection: 'c', lost: { count: 0, ids: [] } }])
    expect(collection.isRewritten).toBe(true)
    expect(state.count).toBe(live.length)
    expect(matchRows(state, { n: { $lt: 100 } }).count()).toBe(90)
    for (const each of [0, 7, 107, 8_000, 16_384, 16_999]) await expectRecord(state, from, each)
    expect(state.findRow('id-3')).toBeUndefined()
    state.retire()
  })

  it('counts records whose ids are lost, and keeps the others', async () => {
    const { state, damage, storage: from } = await recovered(chunk('ids', 1))
    const gone = live.filter((n) => n >= 16_384).length
    expect(damage).toMatchObject([{ part: 'ids', lost: { count: gone, ids: [] } }])
    expect(state.count).toBe(live.length - gone)
    await expectRecord(state, from, 16_382)
    expect(state.findRow('id-16390')).toBeUndefined()
    state.retire()
  })

  it.each(['documents', 'vectors'])('quarantines records whose %s are lost', async (part) => {
    // Of these no open takes notice, but of a lost state it does.
    const all = await recovered((ref) => chunk(part, 1)(ref) || chunk('state', 0)(ref))
    const report = all.damage.find((each) => each.part === part)!
    expect(report.lost.count).toBeGreaterThan(100)
    expect(report.lost.ids).toHaveLength(Math.min(1000, report.lost.count))
    const [id] = report.lost.ids
    expect(() => all.state.findRow(id!)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    expect(all.state.count).toBe(live.length - report.lost.count)
    expect(all.state.quarantined.size).toBe(report.lost.count)
    await expectRecord(all.state, all.storage, 0)
    all.state.retire()
  })

  it('counts on the last row of each id where it is lost which rows live', async () => {
    const { state, damage } = await recovered(chunk('live', 0))
    expect(damage).toMatchObject([{ part: 'ids', lost: { count: 0 } }])
    expect(state.count).toBe(ROWS)
    state.retire()
  })
})

describe('a damaged chunk that is met later', () => {
  it.each(['documents', 'vectors'])(
    '%s: the collection is mended, and answers go on',
    async (part) => {
      const there = damaged(await stored(flat), chunk(part, 1))
      const db = await LocalDatabase.open('later', engine, there)
      const reports: string[] = []
      db.events.on('damage', (damage) => reports.push(damage.part))
      const c = (await db.collection('c')) as unknown as Collection<{ n: 'number' }>
      expect(await c.count()).toBe(live.length)
      for (const n of live.filter((_, at) => at % 500 === 0)) {
        await c.get(`id-${String(n)}`).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'CORRUPT' })
        })
      }
      await expect.poll(() => db.status.loading).toBe(false)
      expect(reports).toEqual([part])
      const { count, ids } = db.status.damage[0]!.lost
      expect(await c.count()).toBe(live.length - count)

      const id = ids[0]!
      await expect(c.get(id)).rejects.toMatchObject({ code: 'CORRUPT' })
      await expect(c.update(id, { n: 1 })).rejects.toMatchObject({ code: 'CORRUPT' })
      await expect(c.search({ id })).rejects.toMatchObject({ code: 'CORRUPT' })
      await c.upsert({ id, vector: row(matrix, DIMENSION, 0), n: -1 })
      expect(await c.get(id)).toMatchObject({ id, n: -1 })
      await c.delete(ids[1]!)
      expect(await c.get(ids[1]!)).toBeUndefined()
      const hits = await c.search(row(matrix, DIMENSION, 12), { k: 5 })
      expect(hits[0]?.id).toBe('id-12')
      await db.close()
    },
  )
})

it('damage that is met by dropping dead rows is mended as well', async () => {
  const db = await LocalDatabase.open(
    'sparse',
    engine,
    damaged(await stored(flat), chunk('documents', 1)),
  )
  const c = await db.collection('c')
  await c.delete(live.filter((n) => n >= ROWS / 2).map((n) => `id-${String(n)}`))
  await expect.poll(() => db.status.damage.length).toBe(1)
  const { count } = db.status.damage[0]!.lost
  expect(count).toBeGreaterThan(0)
  expect(await c.count()).toBe(live.filter((n) => n < ROWS / 2).length - count)
  await db.close()
})

it('goes on after an operation that the log has no beginning of', async () => {
  const log = await openMemoryStorage('log')
  const config = createConfig('c', { dimension: 2 })
  const upsert = (collection: number, id: string, dimension: number) => ({
    type: 'upsert' as const,
    collection,
    ids: [id],
    kinds: Uint8Array.of(VectorKind.given),
    dimension,
    vectors: new Float32Array(dimension).fill(1),
    docs: ['{}'],
  })
  const operations = [
    upsert(1, 'before it was made', 2),
    { type: 'create' as const, collection: 1, config },
    upsert(1, 'a', 2),
    upsert(1, 'too long', 3),
    upsert(1, 'b', 2),
  ]
  for (const operation of operations) {
    await log.append(encodeWrite({ call: undefined, operations: [operation] }))
  }
  const { collections, damage } = await recover(engine, log, 'mending')
  expect(collections[0]?.state.ids).toEqual(['a', 'b'])
  expect(damage).toMatchObject([
    { part: 'log', lost: { count: 2, ids: ['before it was made', 'too long'] } },
  ])
  await expect(recover(engine, log)).rejects.toMatchObject({ code: 'CORRUPT' })
})
