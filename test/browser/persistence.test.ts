import fc from 'fast-check'
import { deleteDatabase, open, type Collection, type Database } from 'quiverdb'
import { deleteDatabase as deleteLocal, open as openLocal } from 'quiverdb/local'
import { afterEach, describe, expect, it } from 'vitest'
import { idsOf, nearestByCosine, randomMatrix, row } from '../support/vectors.ts'

const opened = new Set<string>()
let next = 0

function freshName(): string {
  const name = `persistence-${String(next++)}`
  opened.add(name)
  return name
}

afterEach(async () => {
  for (const name of opened) await deleteDatabase(name)
  opened.clear()
})

/** A worker of the test's own, so that it can be killed as a tab would be. */
function startWorker(): Worker {
  return new Worker(new URL('../../src/worker/entry.ts', import.meta.url), { type: 'module' })
}

/** Resolves once the log was folded: the stored bytes change when nobody writes. */
async function untilFolded(db: Database): Promise<void> {
  const before = (await db.stats()).bytes.stored
  await expect
    .poll(async () => (await db.stats()).bytes.stored, { timeout: 60_000, interval: 200 })
    .not.toBe(before)
}

describe('after closing and opening again', () => {
  it('everything is as it was', async () => {
    const name = freshName()
    const fields = { n: 'number', kind: 'keyword' } as const
    const matrix = randomMatrix(2000, 24, 1)
    const write = async (): Promise<void> => {
      const db = await open(name)
      const c = await db.collection('c', {
        dimension: 24,
        fields,
        index: { type: 'hnsw', M: 8, efConstruction: 60 },
      })
      await c.upsert(
        Array.from({ length: 2000 }, (_, n) => ({
          id: `id-${String(n)}`,
          vector: row(matrix, 24, n),
          n,
          kind: n % 2 ? 'odd' : 'even',
        })),
      )
      await c.delete({ where: { n: { $lt: 100 } } })
      await c.update('id-500', { kind: 'changed', at: new Date(0) })
      await db.collection('empty')
      await db.collection('gone', { dimension: 1 })
      await db.deleteCollection('gone')
      await db.close()
    }
    await write()

    for (const folded of [false, true]) {
      const db = await open(name)
      expect(await db.collections()).toEqual(['c', 'empty'])
      const c = await db.collection('c', { fields })
      expect(await c.count()).toBe(1900)
      expect(await c.count({ kind: 'changed' })).toBe(1)
      expect(await c.get('id-99')).toBeUndefined()
      expect(await c.get('id-500')).toEqual({
        id: 'id-500',
        vector: row(matrix, 24, 500),
        n: 500,
        kind: 'changed',
        at: new Date(0),
      })
      const hits = await c.search(row(matrix, 24, 777), { k: 5, ef: 300 })
      const expected = nearestByCosine(matrix.slice(100 * 24), 24, row(matrix, 24, 777), 5)
      expect(hits.map(({ id }) => id)).toEqual(expected.map((n) => `id-${String(n + 100)}`))
      await expect.poll(async () => (await c.stats()).waiting, { timeout: 60_000 }).toBe(0)
      if (!folded) await untilFolded(db)
      await db.close()
    }
  })

  it('a fold that is under way while the database closes loses no vector', async () => {
    for (const [n, wait] of [0, 10, 40, 160].entries()) {
      const name = freshName()
      const db = await openLocal(name)
      const matrix = randomMatrix(5000, 512, n)
      await (await db.collection('c', { dimension: 512 })).upsert(idsOf(5000), matrix)
      await new Promise((resolve) => setTimeout(resolve, wait))
      await db.close()
      const again = await openLocal(name)
      const c = await again.collection('c')
      expect((await c.get('id-4999'))?.vector).toEqual(row(matrix, 512, 4999))
      expect((await c.search(row(matrix, 512, 7), { k: 1 }))[0]?.id).toBe('id-7')
      await again.close()
    }
  })

  it('a field and codes that came later are there, from the log and from the snapshot', async () => {
    const name = freshName()
    const fields = { n: 'number' } as const
    const first = await open(name)
    const c = await first.collection('c', { dimension: 64 })
    const matrix = randomMatrix(300, 64, 1)
    await c.upsert(
      Array.from({ length: 300 }, (_, n) => ({ id: String(n), vector: row(matrix, 64, n), n })),
    )
    await first.collection('c', { fields, quantization: 'none' })
    await first.close()
    for (const source of ['log', 'snapshot']) {
      const db = await open(name)
      const again = await db.collection('c', { fields })
      expect(await again.count({ n: { $lt: 5 } }), source).toBe(5)
      expect(await again.stats()).toMatchObject({ quantization: 'none', rows: 300 })
      if (source === 'log') await untilFolded(db)
      await db.close()
    }
  })

  it('nothing acknowledged is lost when the worker is killed', async () => {
    const name = freshName()
    const acknowledged = new Map<string, number>()
    for (let round = 0; round < 6; round++) {
      const worker = startWorker()
      const db = await open(name, { worker })
      const c = await db.collection('c', { dimension: 8, fields: { round: 'number' } })
      for (const [id, n] of acknowledged) expect((await c.get(id))?.round).toBe(n)
      expect(await c.count()).toBeGreaterThanOrEqual(acknowledged.size)
      // Written without waiting for each other; the worker dies while some are under way.
      const writes = Array.from({ length: 40 }, async (_, n) => {
        const id = `${String(round)}-${String(n)}`
        await c.upsert({ id, vector: randomMatrix(1, 8, n), round, text: 'x'.repeat(10_000) })
        acknowledged.set(id, round)
      })
      await Promise.race([
        Promise.all(writes),
        new Promise((resolve) => setTimeout(resolve, 30 * round)),
      ])
      worker.terminate()
    }
    expect(acknowledged.size).toBeGreaterThan(40)
  })

  it('a snapshot that grows generation by generation is read back whole', async () => {
    const name = freshName()
    const dimension = 64
    let total = 0
    for (let round = 0; round < 3; round++) {
      const db = await open(name)
      const c = await db.collection('c', { dimension })
      expect(await c.count()).toBe(total)
      // More than the log may hold before it is folded while writes go on.
      const matrix = randomMatrix(40_000, dimension, round)
      await c.upsert(
        idsOf(40_000).map((id) => `${String(round)}:${id}`),
        matrix,
      )
      total += 40_000
      await untilFolded(db)
      const [hit] = await c.search(row(matrix, dimension, 39_999), { k: 1, include: [] })
      expect(hit?.id).toBe(`${String(round)}:id-39999`)
      await db.close()
    }
    const db = await open(name)
    const c = await db.collection('c')
    for (let round = 0; round < 3; round++) {
      const matrix = randomMatrix(40_000, dimension, round)
      for (const n of [0, 16_383, 16_384, 39_999]) {
        expect((await c.get(`${String(round)}:id-${String(n)}`))?.vector).toEqual(
          row(matrix, dimension, n),
        )
      }
    }
    await db.close()
  })
})

describe('when another tab deletes the database', () => {
  it('the handle answers CLOSED, and opening again starts anew', async () => {
    const name = freshName()
    const db = await open(name)
    const c = await db.collection('c', { dimension: 1 })
    await c.upsert({ id: 'a', vector: [1] })
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`quiver:${name}`)
      request.onsuccess = () => {
        resolve()
      }
      request.onerror = () => {
        reject(new Error(String(request.error)))
      }
    })
    await expect(c.count()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(c.upsert({ id: 'b', vector: [1] })).rejects.toMatchObject({ code: 'CLOSED' })
    const again = await open(name)
    expect(await again.collections()).toEqual([])
    await again.close()
    await db.close()
  })
})

describe('random actions', () => {
  interface Known {
    vector: number[]
    tag: string
  }

  type Action =
    | { type: 'upsert'; ids: number[]; seed: number }
    | { type: 'update'; id: number; tag: string }
    | { type: 'delete'; ids: number[] }
    | { type: 'search'; seed: number }
    | { type: 'reopen' }

  const id = fc.nat(30)
  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({
      type: fc.constant('upsert' as const),
      ids: fc.uniqueArray(id, { maxLength: 8 }),
      seed: fc.nat(999),
    }),
    fc.record({ type: fc.constant('update' as const), id, tag: fc.string({ maxLength: 5 }) }),
    fc.record({ type: fc.constant('delete' as const), ids: fc.array(id, { maxLength: 4 }) }),
    fc.record({ type: fc.constant('search' as const), seed: fc.nat(999) }),
    fc.record({ type: fc.constant('reopen' as const) }),
  )

  async function check(
    c: Collection<{ tag: 'keyword' }>,
    known: Map<string, Known>,
  ): Promise<void> {
    expect(await c.count()).toBe(known.size)
    const all = await c.search([1, 1, 1], { k: 1000, include: ['record', 'vector'] })
    const found = new Map(
      all.map((hit) => [hit.id, { vector: [...hit.vector], tag: hit.record.tag }]),
    )
    expect(found).toEqual(known)
    for (const { tag } of known.values()) {
      const same = [...known.values()].filter((each) => each.tag === tag).length
      expect(await c.count({ tag })).toBe(same)
    }
  }

  it('leave a database that equals a plain Map', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const name = freshName()
        const known = new Map<string, Known>()
        let db = await openLocal(name)
        const fields = { tag: 'keyword' } as const
        let c = await db.collection('c', { dimension: 3, metric: 'l2', fields })
        for (const each of actions) {
          if (each.type === 'upsert') {
            const matrix = randomMatrix(each.ids.length, 3, each.seed)
            const records = each.ids.map((n, i) => ({
              id: `r${String(n)}`,
              vector: row(matrix, 3, i),
              tag: `t${String(each.seed % 3)}`,
            }))
            await c.upsert(records)
            for (const record of records) {
              known.set(record.id, { vector: [...record.vector], tag: record.tag })
            }
          } else if (each.type === 'update') {
            const target = known.get(`r${String(each.id)}`)
            const updating = c.update(`r${String(each.id)}`, { tag: each.tag })
            if (target) {
              await updating
              target.tag = each.tag
            } else {
              await expect(updating).rejects.toMatchObject({ code: 'NOT_FOUND' })
            }
          } else if (each.type === 'delete') {
            const ids = each.ids.map((n) => `r${String(n)}`)
            const there = new Set(ids.filter((one) => known.has(one)))
            expect(await c.delete(ids)).toBe(there.size)
            for (const one of there) known.delete(one)
          } else if (each.type === 'search') {
            const query = randomMatrix(1, 3, each.seed)
            const [hit] = await c.search(query, { k: 1 })
            const distances = [...known.values()].map(({ vector }) =>
              Math.hypot(...vector.map((value, i) => value - (query[i] ?? 0))),
            )
            if (hit) expect(hit.distance).toBeCloseTo(Math.min(...distances), 4)
            else expect(known.size).toBe(0)
          } else {
            await db.close()
            db = await openLocal(name)
            c = await db.collection('c', { fields })
          }
        }
        await check(c, known)
        await db.close()
        db = await openLocal(name)
        await check(await db.collection('c', { fields }), known)
        await deleteLocal(name)
        opened.delete(name)
      }),
      { numRuns: 40 },
    )
  })
})
