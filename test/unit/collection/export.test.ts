/** Exports of what is stored: pinned, and by memory where a chunk is damaged. */
import type { RecordInput, StoredRecord } from 'quiverdb'
import { expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { importInto, readFile, retireAll } from '../../../src/collection/transfer/import.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import type { ChunkRef, Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { damaged } from '../../support/damaged.ts'
import { idsOf, randomMatrix, row } from '../../support/vectors.ts'

const ROWS = 600
const engine = await loadWasmEngine()
const vectors = randomMatrix(ROWS, 8, 4)
const textOf = (n: number): string => `text ${String(n)} `.repeat(100)

/** The storage, as if it kept what it holds: so that what lies in it is exported, and not what is in memory. */
function keeping(storage: Storage): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      if (name === 'kind') return 'indexeddb'
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value
    },
  })
}

/** A snapshot of many chunks of documents, and a log after it. */
async function stored(): Promise<Storage> {
  const origin = await LocalDatabase.open('a', engine, await openMemoryStorage('a', 'dropped'))
  const c = await origin.collection('c', { dimension: 8, fields: { n: 'number' } })
  await c.upsert(idsOf(ROWS).map((_, n) => record(n)) as RecordInput[])
  const storage = await openMemoryStorage('b')
  const file = await readFile(engine, await origin.export(), {})
  await importInto(storage, file, {})
  retireAll(file.recovered)
  await origin.close()
  const db = await LocalDatabase.open('b', engine, keeping(storage))
  await (await db.collection('c')).delete(['id-5', 'id-6'])
  return storage
}

interface FileContents {
  readonly records: ReadonlyMap<string, StoredRecord>
  /** Ids that were lost before. */
  readonly lost: readonly string[]
}

async function contentsOf(blob: Blob): Promise<FileContents> {
  const storage = await openMemoryStorage('c')
  await importInto(storage, await readFile(engine, blob, {}), {})
  const db = await LocalDatabase.open('c', engine, storage)
  const c = await db.collection('c')
  const records = new Map<string, StoredRecord>()
  const lost: string[] = []
  for (const id of idsOf(ROWS)) {
    try {
      const found = await c.get(id)
      if (found) records.set(id, found)
    } catch (error) {
      expect(error).toMatchObject({ code: 'CORRUPT' })
      lost.push(id)
    }
  }
  expect(await c.count()).toBe(records.size)
  await db.close()
  return { records, lost }
}

const record = (n: number) => ({
  id: `id-${String(n)}`,
  vector: row(vectors, 8, n),
  text: textOf(n),
  n,
})

it('copies the snapshot and the log after it as they lie there', async () => {
  const storage = await stored()
  const db = await LocalDatabase.open('b', engine, keeping(storage))
  const { records, lost } = await contentsOf(await db.export())
  expect(lost).toEqual([])
  expect(records.size).toBe(ROWS - 2)
  expect(records.get('id-7')).toEqual(record(7))
})

it.for(['vectors', 'codes', 'ids', 'kinds', 'columns', 'live', 'state'])(
  'exports all, although the %s were damaged since they were read',
  async (part) => {
    const storage = await stored()
    let isBroken = false
    const breaking = damaged(
      keeping(storage),
      ({ path }: ChunkRef) => isBroken && path.endsWith(`/${part}`),
    )
    const db = await LocalDatabase.open('b', engine, breaking)
    await (await db.collection('c')).get('id-0')
    isBroken = true
    const { records, lost } = await contentsOf(await db.export())
    expect(lost).toEqual([])
    expect(records.size).toBe(ROWS - 2)
    for (const n of [0, 100, 599]) expect(records.get(`id-${String(n)}`)).toEqual(record(n))
  },
)

it.for(['vectors', 'codes', 'ids', 'kinds', 'columns', 'live', 'state'])(
  'exports what is left where the %s were damaged before',
  async (part) => {
    const isDamaged = ({ path }: ChunkRef) => path.endsWith(`/${part}`)
    const db = await LocalDatabase.open('b', engine, damaged(keeping(await stored()), isDamaged))
    const { records, lost } = await contentsOf(await db.export())
    for (const [id, found] of records) expect(found.text).toEqual(record(Number(id.slice(3))).text)
    const lostHere = db.status.damage.reduce((sum, each) => sum + each.lost.count, 0)
    // Two of the snapshot's records are deleted by the log: they may count as lost before.
    expect([ROWS - 2, ROWS]).toContain(records.size + lostHere)
    expect(lost.length).toBeLessThanOrEqual(lostHere)
  },
)

it('exports what is left where documents are damaged', async () => {
  const storage = await stored()
  const isDamaged = ({ path, n }: ChunkRef) => path.endsWith('/documents') && n === 1
  expect(
    storage.manifest!.chunks.filter(({ path }) => path.endsWith('/documents')).length,
  ).toBeGreaterThan(3)
  const db = await LocalDatabase.open('b', engine, damaged(keeping(storage), isDamaged))
  const { records, lost } = await contentsOf(await db.export())
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThan(ROWS / 2)
  expect(records.size).toBe(ROWS - 2 - lost.length)
  for (const [id, found] of records) expect(found).toEqual(record(Number(id.slice(3))))
  expect(db.status.damage).toMatchObject([
    { part: 'documents', collection: 'c', lost: { count: lost.length, ids: lost } },
  ])
})
