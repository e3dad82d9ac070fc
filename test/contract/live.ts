import { afterEach, describe, expect, it } from 'vitest'
import type { Collection, Database, Embedder, LiveQuery } from 'quiverdb'
import type { Place } from './collection.ts'
import { randomMatrix } from '../support/vectors.ts'
import { failsWith, finds, Follower, ready, settled } from '../support/live.ts'

const OPTIONS = { dimension: 2, metric: 'l2' } as const

/** What every live query does, wherever its database lives. */
export function describeLive(where: string, place: Place): void {
  const opened = new Map<string, Database>()
  let next = 0

  async function open(): Promise<Database> {
    const name = `live-${where}-${String(next++)}`
    const db = await place.open(name, { storage: place.storage })
    opened.set(name, db)
    return db
  }

  async function points(count: number): Promise<{ db: Database; c: Collection }> {
    const db = await open()
    const c = await db.collection('c', OPTIONS)
    if (count > 0) await c.upsert(Array.from({ length: count }, (_, x) => point(x)))
    return { db, c }
  }

  afterEach(async () => {
    for (const [name, db] of opened) {
      await db.close()
      await place.deleteDatabase(name)
    }
    opened.clear()
  })

  describe(`live queries (${where})`, () => {
    it('finds what search finds, and again after every kind of write', async () => {
      const { c } = await points(3)
      const live = new Follower(c.live([0, 0], { k: 2 }))
      expect(live.snapshot).toEqual({ status: 'loading', hits: undefined, error: undefined })
      expect(await live.until(ready)).toEqual(await c.search([0, 0], { k: 2 }))
      expect(live.snapshot.hits?.info.plan.method).toBe('scan')
      await c.upsert({ id: 'new', vector: [0, 0] })
      await live.until(finds('p0', 'new'))
      await c.update('new', { vector: [9, 9] })
      await live.until(finds('p0', 'p1'))
      await c.delete('p0')
      await live.until(finds('p1', 'p2'))
      live.stop()
    })

    it('takes texts, ids and all options of a search', async () => {
      const db = await open()
      const c = await db.collection('texts', { fields: { year: 'number' } })
      await c.upsert([
        { id: 'cat', text: 'the cat sat', year: 1999 },
        { id: 'kitten', text: 'a kitten sat', year: 2020 },
        { id: 'car', text: 'the car drove', year: 2021 },
      ])
      const options = { k: 1, where: { year: { $gte: 2000 } }, include: ['vector'] } as const
      const byText = new Follower(c.live('feline resting', options))
      const byId = new Follower(c.live({ id: 'cat' }, { minScore: 0.2, include: [] }))
      const hit = (await byText.until(finds('kitten')))?.[0]
      expect(hit?.vector).toBeInstanceOf(Float32Array)
      expect(Object.keys(hit ?? {})).toEqual(['id', 'score', 'vector'])
      await byId.until(finds('kitten'))
      byText.stop()
      byId.stop()
    })

    it('tells of a record that changes where it is, and only to those who have it returned', async () => {
      const { c } = await points(2)
      const full = new Follower(c.live([0, 0]))
      const ids = new Follower(c.live([0, 0], { include: [] }))
      await full.until(ready)
      await ids.until(ready)
      const before = ids.snapshot
      await c.update('p1', { at: '2026-01-01T00:00:00.000Z' })
      await full.until(({ hits }) => hits?.[1]?.record.at === '2026-01-01T00:00:00.000Z')
      await c.update('p1', { at: new Date('2026-01-01T00:00:00.000Z') })
      await full.until(({ hits }) => hits?.[1]?.record.at instanceof Date)
      await settled()
      expect(ids.snapshot).toBe(before)
      expect(ids.told).toBe(1)
      full.stop()
      ids.stop()
    })

    it('tells nobody, and keeps the snapshot, where a write changes nothing of it', async () => {
      const { db, c } = await points(5)
      const other = await db.collection('other', OPTIONS)
      const live = new Follower(c.live([0, 0], { k: 2 }))
      await live.until(ready)
      const before = live.snapshot
      await c.upsert([point(4), point(100)])
      await other.upsert(point(0))
      await c.delete('p3')
      await settled()
      expect(live.snapshot).toBe(before)
      expect(live.told).toBe(1)
      live.stop()
    })

    it('searches seldom while many write', async () => {
      const { c, counted } = await counting(open)
      const live = new Follower(counted.live)
      await live.until(ready)
      for (let n = 0; n < 1_000; n += 50) {
        const ids = Array.from({ length: 50 }, (_, i) => n + i)
        await Promise.all(ids.map((x) => c.upsert({ id: `w${String(x)}`, text: String(x) })))
      }
      await live.until(finds('w999'))
      expect(live.told).toBeLessThan(200)
      live.stop()
    })

    it('embeds its text once', async () => {
      const { c, counted } = await counting(open)
      const live = new Follower(counted.live)
      await live.until(ready)
      await c.upsert({ id: 'long', text: 'x'.repeat(900) })
      await live.until(finds('long'))
      await c.upsert({ id: 'longer', text: 'x'.repeat(999) })
      await live.until(finds('longer'))
      expect(counted.queries()).toBe(1)
      live.stop()
    })

    it('does nothing until somebody subscribes, nor after the last one left, and begins anew', async () => {
      const { c, counted } = await counting(open)
      const { live } = counted
      await c.upsert({ id: 'a', text: 'x' })
      await settled()
      expect(counted.queries()).toBe(0)
      expect(live.getSnapshot()).toBe(live.getSnapshot())
      const one = new Follower(live)
      const two = new Follower(live)
      await one.until(ready)
      expect(counted.queries()).toBe(1)
      one.stop()
      one.stop()
      await c.upsert({ id: 'b', text: 'x'.repeat(900) })
      await two.until(finds('b'))
      expect(one.told).toBe(1)
      two.stop()
      const left = live.getSnapshot()
      await c.upsert({ id: 'c', text: 'x'.repeat(999) })
      await settled()
      expect(live.getSnapshot()).toBe(left)
      const three = new Follower(live)
      expect(three.snapshot).toMatchObject({ status: 'loading', hits: [{ id: 'b' }] })
      await three.until(finds('c'))
      three.stop()
    })

    it('answers several, each with its own', async () => {
      const { c } = await points(10)
      const lives = [0, 3, 7].map((x) => new Follower(c.live([x, 0], { k: 1 })))
      for (const [n, live] of lives.entries()) await live.until(finds(`p${String([0, 3, 7][n])}`))
      await c.upsert([0, 3, 7].map((x) => ({ id: `q${String(x)}`, vector: [x, 0] })))
      await c.delete(['p0', 'p3', 'p7'])
      for (const [n, live] of lives.entries()) await live.until(finds(`q${String([0, 3, 7][n])}`))
      for (const live of lives) live.stop()
    })

    it('is in the end what a search finds, whatever was written beside it', async () => {
      const { c } = await points(20)
      const queries = [[0, 0], { id: 'p7' }, [12.3, 1]] as const
      const lives = queries.map((query) => new Follower(c.live(query, { k: 5 })))
      const random = randomMatrix(400, 2, 5)
      await Promise.all(
        Array.from({ length: 200 }, async (_, n) => {
          const [x = 0, y = 0] = random.subarray(2 * n)
          const id = `p${String(8 + (n % 17))}`
          if (n % 5 === 0) await c.delete(id)
          else await c.upsert({ id, vector: [20 * x, 20 * y], n })
          if (n % 3 === 0) await c.update('p7', { vector: [y, 9 * x], n })
        }),
      )
      for (const [n, live] of lives.entries()) {
        const hits = await c.search(queries[n]!, { k: 5 })
        await live.until((snapshot) => JSON.stringify(snapshot.hits) === JSON.stringify(hits))
        expect(live.snapshot).toMatchObject({ status: 'ready', error: undefined })
        live.stop()
      }
    })

    it('says what is wrong with a query', async () => {
      const { c } = await points(1)
      const wrong: [LiveQuery, string][] = [
        [c.live([1, 2, 3]), 'DIMENSION_MISMATCH'],
        [c.live('a text'), 'NO_EMBEDDER'],
        [c.live([0, 0], { k: 0 }), 'INVALID_K'],
        [c.live([0, 0], { where: { nowhere: 1 } as never }), 'INVALID_FILTER'],
        [c.live([0, 0], { where: { $and: 7 } as never }), 'INVALID_FILTER'],
      ]
      for (const [query, code] of wrong) {
        const live = new Follower(query)
        await live.until(failsWith(code))
        expect(live.snapshot).toMatchObject({ status: 'error', hits: undefined })
        live.stop()
      }
      expect(() => c.live([0, 0], 7 as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      )
    })

    it('goes on after an error that a write mends, and tells it once', async () => {
      const { c } = await points(1)
      const live = new Follower(c.live({ id: 'later' }))
      await live.until(failsWith('NOT_FOUND'))
      await c.upsert(point(1))
      await settled()
      expect(live.told).toBe(1)
      await c.upsert({ id: 'later', vector: [0, 0] })
      await live.until(finds('p0', 'p1'))
      await c.delete('later')
      const failed = await live.until(({ status }) => status === 'error')
      expect(failed?.map(({ id }) => id)).toEqual(['p0', 'p1'])
      live.stop()
    })

    it('is ended by its signal', async () => {
      const { c } = await points(1)
      const controller = new AbortController()
      const live = new Follower(c.live([0, 0], { signal: controller.signal }))
      await live.until(ready)
      controller.abort()
      await live.until(failsWith('ABORTED'))
      await c.upsert({ id: 'new', vector: [0, 0] })
      await settled()
      expect(live.told).toBe(2)
      live.stop()
      const aborted = new Follower(c.live([0, 0], { signal: controller.signal }))
      await aborted.until(failsWith('ABORTED'))
      aborted.stop()
    })

    it('ends with its collection', async () => {
      const { db, c } = await points(1)
      const live = new Follower(c.live([0, 0]))
      await live.until(ready)
      await db.deleteCollection('c')
      await live.until(failsWith('CLOSED'))
      const again = await db.collection('c', OPTIONS)
      await again.upsert(point(0))
      await settled()
      expect(live.told).toBe(2)
      live.stop()
    })

    it('ends with its database, which does not wait for it; another handle goes on', async () => {
      const { db, c } = await points(1)
      const other = await place.open(db.name, { storage: place.storage })
      const there = await other.collection('c')
      const ended = new Follower(c.live([0, 0]))
      const goesOn = new Follower(there.live([0, 0]))
      await ended.until(ready)
      await goesOn.until(ready)
      await db.close()
      await ended.until(failsWith('CLOSED'))
      await there.upsert({ id: 'new', vector: [0, 0] })
      await goesOn.until(finds('p0', 'new'))
      const late = new Follower(c.live([0, 0]))
      await late.until(failsWith('CLOSED'))
      await other.close()
      await goesOn.until(failsWith('CLOSED'))
      for (const live of [ended, goesOn, late]) live.stop()
    })

    it('ends when the database is deleted', async () => {
      const { db, c } = await points(1)
      const live = new Follower(c.live([0, 0]))
      await live.until(ready)
      await place.deleteDatabase(db.name)
      await live.until(failsWith('CLOSED'))
      live.stop()
    })
  })
}

function point(x: number) {
  return { id: `p${String(x)}`, vector: [x, 0] }
}

/** A collection whose embedder counts the queries it embeds: a live one for the longest text, or the highest number. */
async function counting(open: () => Promise<Database>) {
  let queries = 0
  const valueOf = (text: string): number => (Number(text) || 0) + text.length / 1_000
  const embedder: Embedder = {
    id: 'counting',
    dimension: 1,
    maxTokens: undefined,
    embed: async (texts, { role }) => {
      if (role === 'query') queries++
      return Float32Array.from(texts, valueOf)
    },
  }
  const c = await (await open()).collection('counted', { embedder, metric: 'dot' })
  const live = c.live('9', { k: 1 })
  return { c, counted: { live, queries: () => queries } }
}
