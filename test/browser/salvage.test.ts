/** Bits that flip in what IndexedDB holds, seen from outside. */
import { type ChunkRef } from '../../src/storage/index.ts'
import { savedIn } from '../../src/collection/base.ts'
import { LocalDatabase } from '../../src/collection/database.ts'
import { chunksOf } from '../../src/collection/snapshot.ts'
import { loadWasmEngine } from '../../src/engine/wasm/index.ts'
import {
  deleteDatabase,
  importDatabase,
  open,
  type Collection,
  type Database,
} from 'quiverdb/local'
import { afterEach, expect, it } from 'vitest'
import { flipBit, open as openStorage, raw, withoutLocks } from '../support/idb.ts'
import { idsOf, nearestByCosine, randomMatrix, row } from '../support/vectors.ts'

const NAME = 'salvage'
/** Too few for the graph to be measured, which would be a fold of its own. */
const ROWS = 900
const FIRST_ROWS = 400
const DIMENSION = 64
const matrix = randomMatrix(ROWS, DIMENSION, 1)
const fields = { n: 'number' } as const
type Notes = Collection<{ n: 'number' }>

let db: Database | undefined

afterEach(async () => {
  await db?.close()
  db = undefined
  await deleteDatabase(NAME)
})

async function opened(): Promise<Notes> {
  db = await open(NAME)
  return db.collection('c', {
    dimension: DIMENSION,
    fields,
    index: { type: 'hnsw', M: 8, efConstruction: 40 },
  })
}

async function closed(): Promise<void> {
  await db?.close()
  db = undefined
}

function write(c: Notes, from: number, to: number): Promise<unknown> {
  const records = idsOf(to)
    .slice(from)
    .map((id, at) => ({ id, vector: row(matrix, DIMENSION, from + at), n: from + at }))
  return c.upsert(records)
}

async function untilFolded(): Promise<void> {
  const stored = async (): Promise<number> => (await db!.stats()).bytes.stored
  const before = await stored()
  await expect.poll(stored, { timeout: 60_000, interval: 200 }).not.toBe(before)
}

/** The chunks of the collection in each generation, newest first. */
async function generations(): Promise<ChunkRef[][]> {
  const storage = await openStorage(NAME)
  const chunks = storage.manifests.map((manifest) =>
    savedIn(manifest).collections.flatMap((saved) => chunksOf(saved)),
  )
  await storage.close()
  return chunks
}

function flip({ generation, path, n }: ChunkRef): Promise<void> {
  return flipBit(NAME, 'segments', [generation, path, n], 0.7)
}

async function expectAll(c: Notes, lost: ReadonlySet<string> = new Set()): Promise<void> {
  expect(await c.count()).toBe(ROWS - lost.size)
  for (let n = 0; n < ROWS; n += 31) {
    const id = `id-${String(n)}`
    if (lost.has(id)) {
      await expect(c.get(id)).rejects.toMatchObject({ code: 'CORRUPT' })
    } else {
      expect(await c.get(id)).toEqual({ id, n, vector: row(matrix, DIMENSION, n) })
    }
  }
  expect(await c.count({ n: { $lt: 10 } })).toBe(10 - idsOf(10).filter((id) => lost.has(id)).length)
  const query = randomMatrix(1, DIMENSION, 9)
  const hits = await c.search(query, { k: 5, targetRecall: 1 })
  const expected = nearestByCosine(matrix, DIMENSION, query, ROWS).map((n) => `id-${String(n)}`)
  const there = expected.filter((id) => !lost.has(id))
  expect(hits.map(({ id }) => id)).toEqual(there.slice(0, 5))
}

/** Two generations; the last records are in the newest alone. */
async function foldTwice(): Promise<void> {
  await write(await opened(), 0, FIRST_ROWS)
  await untilFolded()
  await closed()
  await write(await opened(), FIRST_ROWS, ROWS)
  await untilFolded()
  await closed()
}

it('a flipped bit in any part of the newest generation loses nothing while the log reaches back', async () => {
  const parts = [
    'ids',
    'kinds',
    'columns',
    'live',
    'documents',
    'state',
    'vectors',
    'codes',
    'graph',
  ]
  for (const path of parts.map((part) => `0/${part}`)) {
    await foldTwice()
    const [newest = [], older = []] = await generations()
    const ref = newest.findLast((each) => each.path === path)!
    expect(
      older.map(({ generation }) => generation),
      path,
    ).not.toContain(ref.generation)
    await flip(ref)
    const c = await opened()
    await expect.poll(() => db!.status.loading, { timeout: 30_000 }).toBe(false)
    await c.get(`id-${String(ROWS - 1)}`)
    expect(db!.status.damage, path).toMatchObject([
      { collection: 'c', lost: { count: 0, ids: [] } },
    ])
    await expectAll(c)
    await untilFolded()
    await closed()
    const again = await opened()
    expect(db!.status.damage, path).toEqual([])
    await expectAll(again)
    await closed()
    await deleteDatabase(NAME)
  }
})

it('a flipped bit in what both generations refer to costs the records in it, until they are written again', async () => {
  await foldTwice()
  const [newest = [], older = []] = await generations()
  const shared = newest.find(
    ({ path, generation }) =>
      path.endsWith('/documents') && older.some((each) => each.generation === generation),
  )!
  await flip(shared)
  const c = await opened()
  await expect.poll(() => db!.status.loading, { timeout: 30_000 }).toBe(false)
  await expect(c.get('id-0')).rejects.toMatchObject({ code: 'CORRUPT' })
  const [report] = db!.status.damage
  expect(report).toMatchObject({ part: 'documents', collection: 'c' })
  const lost = new Set(report?.lost.ids)
  expect(lost.size).toBe(report?.lost.count)
  expect(lost).toContain('id-0')
  await expectAll(c, lost)
  await untilFolded()
  await closed()
  const again = await opened()
  await expectAll(again, lost)
  await write(again, 0, FIRST_ROWS)
  await expectAll(again)
})

it('the log does not stand in for a chunk where it is damaged itself', async () => {
  await foldTwice()
  const [newest = []] = await generations()
  await flip(newest.find(({ path }) => path.endsWith('/graph'))!)
  // The longest is the write between the two folds.
  const [longest] = await raw(NAME, async (stored) => {
    const keys = await stored.getAllKeys('log')
    const records = await Promise.all(keys.map((key) => stored.get('log', key)))
    const bytes = records.map((record) => record?.byteLength ?? 0)
    return keys.filter((_, n) => bytes[n] === Math.max(...bytes))
  })
  await flipBit(NAME, 'log', longest!)
  const c = await opened()
  expect(db!.status.damage).toMatchObject([{ part: 'graph', lost: { count: 0, ids: [] } }])
  await expectAll(c)
})

it('no write counts as lost that was folded before the only snapshot whose manifest is whole', async () => {
  await foldTwice()
  const [newest = []] = await generations()
  await flip(newest.find(({ path }) => path.endsWith('/graph'))!)
  const [older] = await raw(NAME, (stored) => stored.getAllKeys('manifest'))
  await flipBit(NAME, 'manifest', older!)
  const c = await opened()
  expect(db!.status.damage).toMatchObject([
    { part: 'manifest', lost: { count: 0 } },
    { part: 'graph', lost: { count: 0 } },
  ])
  await expectAll(c)
})

it('who is no longer the one that writes does not mend what another one has done', async () => {
  await foldTwice()
  const first = await LocalDatabase.open(NAME, await loadWasmEngine(), await openStorage(NAME))
  const c = await first.collection('c')
  const successor = await withoutLocks(() => openStorage(NAME))
  const documents = successor.manifest!.chunks.filter(({ path }) => path.endsWith('/documents'))
  await raw(NAME, async (stored) => {
    for (const { generation, path, n } of documents) {
      await stored.delete('segments', [generation, path, n])
    }
  })
  await expect(c.get('id-0')).rejects.toMatchObject({ code: 'NOT_LEADER' })
  expect(first.status.damage).toEqual([])
  await first.close()
  await successor.close()
})

/** The log is a claim, what made the collection, and three writes. */
it.each([
  { what: 'a write that was read before', at: 3, isRead: true },
  { what: 'what made the collection', at: 1, isRead: false },
])(
  'an export holds all that memory does, and can be imported, where the log record of $what is damaged',
  async ({ at, isRead }) => {
    let c = await opened()
    for (const from of [0, 300, 600]) await write(c, from, from + 300)
    if (!isRead) await closed()
    const keys = await raw(NAME, (stored) => stored.getAllKeys('log'))
    await flipBit(NAME, 'log', keys[at]!)
    if (!isRead) c = await opened()
    const copy = `${NAME} copy`
    try {
      await importDatabase(copy, await db!.export())
      const imported = await open(copy)
      const copied = await imported.collection<{ n: 'number' }>('c')
      const count = await c.count()
      if (isRead) expect(count).toBe(ROWS)
      expect(await copied.count()).toBe(count)
      for (const n of [0, 299, 300, 599, 600, ROWS - 1]) {
        expect(await copied.get(`id-${String(n)}`)).toEqual(await c.get(`id-${String(n)}`))
      }
      await imported.close()
    } finally {
      await deleteDatabase(copy)
    }
  },
)

it('verify finds what lies damaged, and says so in its answer alone', async () => {
  await write(await opened(), 0, ROWS)
  await untilFolded()
  await closed()
  const [chunks = []] = await generations()
  const c = await opened()
  expect(await c.verify()).toMatchObject({ damage: [] })
  await flip(chunks.find(({ path }) => path.endsWith('/codes'))!)
  const found = await c.verify({ sample: 50 })
  expect(found).toMatchObject({ sampled: 50, damage: [{ part: 'codes', collection: 'c' }] })
  expect(found.recall).toBeGreaterThan(0.8)
  expect(found.bytes).toBeGreaterThan(ROWS * DIMENSION * 4)
  expect(db!.status.damage).toEqual([])
})
