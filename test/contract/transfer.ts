import type { Database, Embedder, Fields, ImportOptions, Progress, QuiverErrorCode } from 'quiverdb'
import { afterEach, describe, expect, it } from 'vitest'
import { idsOf, randomMatrix, row } from '../support/vectors.ts'
import type { Place } from './collection.ts'

/** A place whose databases can be taken elsewhere as files. */
export interface TransferPlace extends Place {
  importDatabase(name: string, blob: Blob, options?: ImportOptions): Promise<void>
  /** Then a signal takes a while to get there, and what it was to stop may be done. */
  readonly behindWorker: boolean
}

const ROWS = 300
const DIMENSION = 8

/** As many as there are letters from a to c. */
const letters: Embedder = {
  id: 'letters',
  dimension: 3,
  maxTokens: 100,
  embed: async (texts) =>
    Float32Array.from(
      texts.flatMap((text) => ['a', 'b', 'c'].map((each) => text.split(each).length)),
    ),
}

/** What `db.export()` and `importDatabase` do, wherever the database lives. */
export function describeTransfer(where: string, place: TransferPlace): void {
  const { storage } = place
  const used = new Set<string>()
  let next = 0

  const fresh = (): string => {
    const name = `transfer-${where}-${String(next++)}`
    used.add(name)
    return name
  }
  const open = (name = fresh()): Promise<Database> => place.open(name, { storage })
  const importTo = (name: string, blob: Blob, options: ImportOptions = {}): Promise<void> =>
    place.importDatabase(name, blob, { storage, ...options })

  async function imported(blob: Blob): Promise<Database> {
    const name = fresh()
    await importTo(name, blob)
    return open(name)
  }

  afterEach(async () => {
    for (const name of used) await place.deleteDatabase(name)
    used.clear()
  })

  async function refused(call: Promise<unknown>, code: QuiverErrorCode): Promise<void> {
    await expect(call).rejects.toMatchObject({ name: 'QuiverError', code })
  }

  /** A database of one record, whose `note` tells it from others. */
  async function small(note: string, name?: string): Promise<Database> {
    const db = await open(name)
    await (await db.collection('c', { dimension: 2 })).upsert({ id: 'a', vector: [1, 2], note })
    return db
  }

  const noteIn = async (db: Database): Promise<unknown> =>
    (await (await db.collection('c')).get('a'))?.['note']

  describe(`export and import (${where})`, () => {
    it('brings back every record as it was, and every answer', async () => {
      const db = await open()
      await fill(db)
      const copy = await imported(await db.export())
      expect(await copy.collections()).toEqual(await db.collections())
      for (const name of await db.collections()) {
        expect(await answersOf(copy, name), name).toEqual(await answersOf(db, name))
      }
    })

    it('brings back collections that are written on, and exported again', async () => {
      const db = await open()
      await fill(db)
      const copy = await imported(await db.export())
      const graph = await copy.collection('graph')
      await graph.upsert({ id: 'new', vector: new Float32Array(DIMENSION).fill(9), year: 1 })
      await graph.delete(['id-0', 'id-1'])
      const texts = await copy.collection('texts', { embedder: letters })
      await texts.upsert({ id: 'late', text: 'cab' })
      await copy.collection('more', { dimension: 2 })
      await refused(
        copy.collection('texts', { embedder: { ...letters, id: 'x' } }),
        'EMBEDDER_MISMATCH',
      )

      const again = await imported(await copy.export())
      expect(await again.collections()).toEqual([...(await db.collections()), 'more'])
      for (const name of await again.collections()) {
        expect(await answersOf(again, name), name).toEqual(await answersOf(copy, name))
      }
    })

    it('brings back nothing from nothing', async () => {
      const empty = await imported(await (await open()).export())
      expect(await empty.collections()).toEqual([])
      await small('after', empty.name)
      expect(await noteIn(empty)).toBe('after')
    })

    it('holds what was there at the start, while writes go on', async () => {
      const db = await open()
      const c = await db.collection('c', { dimension: 4, fields: { batch: 'number' } })
      const batch = (n: number): Promise<unknown> =>
        c.upsert(
          idsOf(50).map((id) => ({ id: `${String(n)}/${id}`, vector: [n, 1, 2, 3], batch: n })),
        )
      for (let n = 0; n < 5; n++) await batch(n)
      const exporting = db.export()
      const writing = Promise.all([5, 6, 7, 8].map(batch))
      const copy = await (await imported(await exporting)).collection<{ batch: 'number' }>('c')
      await writing
      expect(await c.count()).toBe(450)
      for (let n = 0; n < 9; n++) {
        const count = await copy.count({ batch: n })
        expect(count, `batch ${n}`).toBe(n < 5 || count > 0 ? 50 : 0)
      }
    })

    it('leaves out what was deleted', async () => {
      const db = await open()
      const c = await db.collection('sparse', { dimension: 4 })
      await c.upsert(idsOf(2_000), randomMatrix(2_000, 4, 5))
      await c.delete(idsOf(2_000).slice(0, 1_990))
      await db.collection('gone', { dimension: 4 })
      await db.deleteCollection('gone')
      const copy = await imported(await db.export())
      expect(await copy.collections()).toEqual(['sparse'])
      expect(await answersOf(copy, 'sparse')).toEqual(await answersOf(db, 'sparse'))
    })

    it('says how far it is, in bytes', async () => {
      const db = await open()
      await fill(db)
      const out: Progress[] = []
      const blob = await db.export({ onProgress: (progress) => out.push(progress) })
      expectWhole(out, 'reading')
      const back: Progress[] = []
      await importTo(fresh(), blob, { onProgress: (progress) => back.push(progress) })
      const reading = back.filter(({ phase }) => phase === 'reading')
      expectWhole(reading, 'reading')
      expect(reading.at(-1)?.total).toBe(blob.size)
      const writing = back.slice(reading.length)
      if (storage === 'indexeddb') expectWhole(writing, 'writing')
      else expect(writing).toEqual([])
    })

    it('can be aborted, and then nothing has happened', async () => {
      const db = await open()
      await fill(db)
      await refused(db.export({ signal: AbortSignal.abort() }), 'ABORTED')
      const blob = await db.export()
      for (const stopAt of ['before', 'reading', 'writing']) {
        if (stopAt === 'writing' && storage === 'memory') continue
        const name = fresh()
        const controller = new AbortController()
        if (stopAt === 'before') controller.abort()
        const onProgress = ({ phase }: Progress): void => {
          if (phase === stopAt) controller.abort()
        }
        const { signal } = controller
        const importing = importTo(name, blob, { signal, onProgress })
        const isDone = await importing.then(
          () => place.behindWorker && stopAt !== 'before',
          () => false,
        )
        if (!isDone) await refused(importing, 'ABORTED')
        const there = await (await open(name)).collections()
        expect(there, stopAt).toEqual(isDone ? await db.collections() : [])
      }
    })

    it('refuses a name that is taken, and takes one of nothing', async () => {
      const blob = await (await small('new')).export()
      const db = await small('old')
      await refused(importTo(db.name, blob), 'INVALID_OPTION')
      expect(await noteIn(db)).toBe('old')
      await db.close()
      if (storage === 'indexeddb') await refused(importTo(db.name, blob), 'INVALID_OPTION')

      const empty = await open()
      await importTo(empty.name, blob)
      expect(await noteIn(await open(empty.name))).toBe('new')
      await refused(importTo(empty.name, blob), 'INVALID_OPTION')
    })

    it('replaces when it is told to, and closes who had the old one', async () => {
      const blob = await (await small('new')).export()
      const db = await small('old')
      const c = await db.collection('c')
      await importTo(db.name, blob, { replace: true })
      await refused(c.get('a'), 'CLOSED')
      await refused(db.collections(), 'CLOSED')
      const replaced = await open(db.name)
      expect(await noteIn(replaced)).toBe('new')
      await (await replaced.collection('c')).upsert({ id: 'b', vector: [3, 4] })
      await replaced.close()
      if (storage === 'memory') return
      await importTo(db.name, blob, { replace: true })
      const again = await open(db.name)
      expect(await (await again.collection('c')).count()).toBe(1)
    })

    it('refuses what is no export, and then nothing has happened', async () => {
      const db = await small('old')
      const bytes = new Uint8Array(await (await db.export()).arrayBuffer())
      const broken = [new Blob([]), new Blob(['a text']), new Blob([bytes.subarray(0, -1)])]
      bytes[bytes.length - 5]! ^= 1
      for (const blob of [...broken, new Blob([bytes])]) {
        await refused(importTo(db.name, blob, { replace: true }), 'CORRUPT')
        expect(await noteIn(db)).toBe('old')
        const name = fresh()
        await refused(importTo(name, blob), 'CORRUPT')
        expect(await (await open(name)).collections()).toEqual([])
      }
      await refused(importTo(fresh(), 'path' as unknown as Blob), 'INVALID_OPTION')
      await refused(importTo('', new Blob([])), 'INVALID_OPTION')
    })
  })
}

/** Collections of all kinds. */
async function fill(db: Database): Promise<void> {
  const graph = await db.collection('graph', {
    dimension: DIMENSION,
    index: { type: 'hnsw' },
    quantization: 'int8',
    originals: 'f16',
    fields: { year: 'number', lang: 'keyword', tags: 'keyword[]', read: 'boolean', bought: 'date' },
  })
  const matrix = randomMatrix(ROWS, DIMENSION, 1)
  const records = idsOf(ROWS).map((id, n) => ({
    id,
    vector: row(matrix, DIMENSION, n),
    text: `naïve ☃ number ${String(n)}`,
    ...(n % 2 === 0 && { year: 1900 + n, read: n % 4 === 0 }),
    ...(n % 3 === 0 && { lang: ['en', 'de'][n % 2]!, tags: ['a', String(n % 7)] }),
    ...(n % 5 === 0 && { bought: new Date(n * 1e9), nested: { deep: [n, null, { $date: 'no' }] } }),
  }))
  await graph.upsert(records)
  await graph.upsert(records.slice(0, 20).map((record) => ({ ...record, year: 1 })))
  await graph.delete(idsOf(40).slice(20))

  const texts = await db.collection('texts', { embedder: letters, metric: 'dot' })
  await texts.upsert(['abc', 'aabb', 'ccc'].map((text) => ({ id: text, text })))
  await texts.update('ccc', { text: 'cc', note: 'changed' })

  await db.collection('empty', { fields: { year: 'number' } })
  const sets = await db.collection('sets', { dimension: 9, metric: 'hamming' })
  await sets.upsert(idsOf(10), randomMatrix(10, 9, 3))
  await expect.poll(async () => (await graph.stats()).waiting).toBe(0)
}

/** All records of a collection, and what is found in it. */
async function answersOf(db: Database, name: string): Promise<unknown> {
  // Until the vectors as given are read, scores are what the codes say.
  await expect.poll(() => db.status.loading, { timeout: 60_000 }).toBe(false)
  const c = await db.collection<Fields>(name, name === 'texts' ? { embedder: letters } : {})
  const { rows, dimension, metric, index, quantization, originals, embedder } = await c.stats()
  const include = ['record', 'vector', 'distance'] as const
  const queries =
    dimension === undefined
      ? []
      : Array.from({ length: 5 }, (_, n) => randomMatrix(1, dimension, 100 + n))
  const found = await Promise.all(queries.map((query) => c.search(query, { k: 20, include })))
  const all = queries[0] ? await c.search(queries[0], { k: rows + 1, include: ['vector'] }) : []
  const records = await Promise.all(all.map(({ id }) => c.get(id)))
  return {
    facts: { rows, dimension, metric, index, quantization, originals, embedder },
    found: found.map((hits) => [...hits]),
    records: records.sort((a, b) => (a!.id < b!.id ? -1 : 1)),
    counts: name === 'graph' && [
      await c.count({ year: { $gte: 1950 } }),
      await c.count({ tags: '3', read: true }),
      await c.count({ bought: { $lt: new Date(1e11) } }),
    ],
  }
}

function expectWhole(reported: readonly Progress[], phase: Progress['phase']): void {
  expect(reported[0]).toMatchObject({ phase, done: 0 })
  const { done, total } = reported.at(-1)!
  expect(done).toBe(total)
  for (const [n, each] of reported.entries()) {
    expect(each).toMatchObject({ phase, total })
    expect(each.done).toBeGreaterThanOrEqual(reported[n - 1]?.done ?? 0)
  }
}
