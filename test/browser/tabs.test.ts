import {
  deleteDatabase,
  type Embedder,
  importDatabase,
  type QuiverError,
  type Role,
} from 'quiverdb'
import { deleteDatabase as deleteLocal, open as openLocal } from 'quiverdb/local'
import { deleteDB, type IDBPDatabase, openDB } from 'idb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Announcement } from '../../src/contract/tabs.ts'
import { databaseName } from '../../src/storage/idb/schema.ts'
import { announcementsOf } from '../../src/tabs/channel.ts'
import { openTab, type Tab } from '../support/tabs.ts'
import { idsOf, randomMatrix, row } from '../support/vectors.ts'

const tabs: Tab[] = []
const names = new Set<string>()
let next = 0

function freshName(): string {
  const name = `tabs-${String(next++)}`
  names.add(name)
  return name
}

async function tab(name: string): Promise<Tab> {
  const opened = await openTab(name)
  tabs.push(opened)
  return opened
}

afterEach(async () => {
  for (const { kill } of tabs.splice(0)) kill()
  for (const name of names) await deleteDatabase(name)
  names.clear()
})

describe('a database that several tabs have open', () => {
  it('is led by the first, and the same in all', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    expect([a.db.status.role, b.db.status.role]).toEqual(['leader', 'follower'])
    const inA = await a.db.collection('c', { dimension: 4, fields: { n: 'number' } })
    const inB = await b.db.collection('c', { fields: { n: 'number' } })
    const matrix = randomMatrix(3, 4, 1)
    await inA.upsert({ id: 'a', vector: row(matrix, 4, 0), n: 1 })
    expect(await inB.upsert({ id: 'b', vector: row(matrix, 4, 1), n: 2, at: new Date(0) })).toEqual(
      { inserted: 1, updated: 0 },
    )
    expect((await inA.get('b'))?.at).toEqual(new Date(0))
    expect(await inB.get('a')).toEqual(await inA.get('a'))
    const hits = await inB.search(row(matrix, 4, 0), { k: 1, where: { n: 1 } })
    expect(hits[0]?.id).toBe('a')
    expect(hits.info.plan.method).toBe('scan')
    await inB.update('a', { n: 3 })
    expect(await inA.count({ n: 3 })).toBe(1)
    expect(await inB.delete('a')).toBe(1)
    expect(await inA.get('a')).toBeUndefined()
    await expect(inB.update('a', { n: 3 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await b.db.collections()).toEqual(['c'])
    await a.db.deleteCollection('c')
    await expect(inB.count()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('is shared with a database on the calling thread', async () => {
    const name = freshName()
    const a = await tab(name)
    await (await a.db.collection('c', { dimension: 4 })).upsert(idsOf(9), randomMatrix(9, 4, 1))
    const local = await openLocal(name)
    expect(local.status.role).toBe('follower')
    const c = await local.collection('c')
    expect(await c.count()).toBe(9)
    await a.close()
    expect(await c.delete(idsOf(1))).toBe(1)
    expect(local.status.role).toBe('leader')
    await local.close()
  })

  it('asks the embedder of the tab that calls', async () => {
    const name = freshName()
    const embedder: Embedder = {
      id: 'lengths',
      dimension: 2,
      maxTokens: undefined,
      embed: async (texts) => Float32Array.from(texts.flatMap((text) => [text.length, 1])),
    }
    const options = { embedder, metric: 'l2' } as const
    const [a, b] = [await tab(name), await tab(name)]
    const inB = await b.db.collection('texts', options)
    await inB.upsert([
      { id: 'short', text: 'a' },
      { id: 'long', text: 'a'.repeat(40) },
    ])
    expect((await inB.search('aa', { k: 1 }))[0]?.id).toBe('short')
    const inA = await a.db.collection('texts')
    await expect(inA.search('aa')).rejects.toMatchObject({ code: 'NO_EMBEDDER' })
    await a.close()
    expect((await inB.search('a'.repeat(30), { k: 1 }))[0]?.id).toBe('long')
  })

  it('goes on when the leader closes, and says who leads', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    const roles: Role[] = []
    b.db.on('role', (role) => roles.push(role))
    const inB = await b.db.collection('c', { dimension: 4 })
    await inB.upsert(idsOf(5), randomMatrix(5, 4, 1))
    // Nothing but closing lies between the acknowledged write and the end of who wrote it.
    await a.close()
    expect(await inB.count()).toBe(5)
    expect(roles).toEqual(['leader'])
    expect(b.db.status.role).toBe('leader')
  })

  it('tries once more where it cannot be taken over at once', async () => {
    const name = freshName()
    const a = await tab(name)
    await (await a.db.collection('c', { dimension: 4 })).upsert(idsOf(9), randomMatrix(9, 4, 1))
    const heir = await openLocal(name)
    const c = await heir.collection('c')
    const refused = vi.spyOn(IDBFactory.prototype, 'open').mockImplementationOnce(() => {
      throw new DOMException('a moment', 'UnknownError')
    })
    a.kill()
    expect(await c.count()).toBe(9)
    expect(heir.status.role).toBe('leader')
    expect(refused.mock.calls.length).toBeGreaterThan(1)
    refused.mockRestore()
    await heir.close()
  })

  it('answers every call once, although the leader is killed again and again', async () => {
    const name = freshName()
    const leaders: Tab[] = []
    for (let i = 0; i < 5; i++) leaders.push(await tab(name))
    // The last in line, so that it follows until all others are gone.
    const writer = await tab(name)
    const c = await writer.db.collection('c', { dimension: 4, fields: { n: 'number' } })
    let stopped = false
    let written = 0
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      while (!stopped) {
        const n = written++
        const id = `${String(lane)}-${String(n)}`
        const vector = randomMatrix(1, 4, n)
        // A write that was done twice would have updated what it inserted.
        expect(await c.upsert({ id, vector })).toEqual({ inserted: 1, updated: 0 })
        expect(await c.delete([id])).toBe(1)
        expect(await c.upsert({ id, vector })).toEqual({ inserted: 1, updated: 0 })
        await c.update(id, { n })
        expect((await c.get(id))?.n).toBe(n)
      }
    })
    for (const { kill } of [...leaders, { kill: () => undefined }]) {
      const before = written
      await expect.poll(() => written, { timeout: 30_000 }).toBeGreaterThan(before + 10)
      kill()
    }
    expect(writer.db.status.role).toBe('leader')
    stopped = true
    await Promise.all(lanes)
    expect(await c.count()).toBe(written)
  })

  it('takes large writes through a follower, also while the leader changes', async () => {
    const name = freshName()
    const leader = await tab(name)
    const b = await tab(name)
    const c = await b.db.collection('c', { dimension: 64 })
    const ids = idsOf(20_000)
    const matrix = randomMatrix(20_000, 64, 1)
    const writing = c.upsert(ids, matrix)
    await new Promise((resolve) => setTimeout(resolve, 100))
    leader.kill()
    expect(await writing).toEqual({ inserted: 20_000, updated: 0 })
    expect((await c.get(ids.at(-1)!))?.vector).toEqual(row(matrix, 64, 19_999))
  })

  it('waits for a leader that is busy, since its page says that it lives', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    const roles: Role[] = []
    for (const { db } of [a, b]) db.on('role', (role) => roles.push(role))
    const c = await b.db.collection('c', { dimension: 4 })
    // Longer than one that says nothing is waited for.
    a.keepBusy(5_000)
    expect(await c.upsert(idsOf(1), randomMatrix(1, 4, 1))).toEqual({ inserted: 1, updated: 0 })
    expect(roles).toEqual([])
  })

  it('is led away by nobody who stood still while another took over', async () => {
    const name = freshName()
    // Leads on the thread that is going to stand still, with no page beside it that would say that it lives.
    const sleeper = await openLocal(name)
    const [b, c] = [await tab(name), await tab(name)]
    await sleeper.collection('c', { dimension: 4 })
    const followers = [await b.db.collection('c'), await c.db.collection('c')]
    const leaders: string[] = []
    const heard = new BroadcastChannel(announcementsOf(name))
    const writes = followers.map((each, n) => each.upsert(idsOf(1), randomMatrix(1, 4, n)))
    await Promise.all(writes)
    heard.onmessage = ({ data }: MessageEvent<Announcement>) => {
      if (data.type === 'lead') leaders.push(data.term)
    }
    const counts = followers.map((each) => each.count())
    const until = performance.now() + 6_000
    while (performance.now() < until);
    expect(await Promise.all(counts)).toEqual([1, 1])
    await expect.poll(() => sleeper.status.role).toBe('follower')
    expect(new Set(leaders).size).toBe(1)
    heard.close()
    await sleeper.close()
  })

  it('loses and doubles nothing of what many tabs write', async () => {
    const name = freshName()
    const all = await Promise.all(Array.from({ length: 8 }, () => tab(name)))
    expect(all.filter(({ db }) => db.status.role === 'leader')).toHaveLength(1)
    await Promise.all(
      all.map(async ({ db }, n) => {
        const c = await db.collection('c', { dimension: 4 })
        for (let i = 0; i < 50; i++) {
          const id = `${String(n)}-${String(i)}`
          const { inserted } = await c.upsert({ id, vector: randomMatrix(1, 4, i) })
          expect(inserted).toBe(1)
        }
      }),
    )
    const c = await all[0]!.db.collection('c')
    expect(await c.count()).toBe(400)
  })

  it('leaves nobody behind who opened what was deleted at once', async () => {
    const name = freshName()
    const opening = openLocal(name)
    const refused = expect(opening).rejects.toMatchObject({ code: 'CLOSED' })
    const members = async (): Promise<string[]> => {
      const { held = [], pending = [] } = await navigator.locks.query()
      const names = [...held, ...pending].map((lock) => lock.name ?? '')
      return names.filter((lock) => lock.startsWith('quiver-member:') || lock.endsWith(`:${name}`))
    }
    await deleteLocal(name)
    await refused
    await expect.poll(members).toEqual([])
    const again = await openLocal(name)
    expect(again.status.role).toBe('leader')
    await again.close()
  })

  it('does not wait for ever behind a deletion that is held up', async () => {
    const name = freshName()
    await (await tab(name)).close()
    // Of a program that does not close when it is asked to.
    const holder = await openDB(databaseName(name), undefined, { blocking: () => undefined })
    const deleted = deleteDB(databaseName(name))
    await expect(tab(name)).rejects.toMatchObject({ code: 'CLOSED' })
    holder.close()
    await deleted
    expect((await tab(name)).db.status.role).toBe('leader')
  })

  it('answers CLOSED in every tab once it is deleted in one', async () => {
    for (const who of ['leader', 'follower', 'none of them'] as const) {
      const name = freshName()
      const [leader, follower] = [await tab(name), await tab(name)]
      const collections = []
      const heard: string[] = []
      for (const { db } of [leader, follower, await tab(name)]) {
        db.on('blocked', ({ by }) => heard.push(by))
        collections.push(await db.collection('c', { dimension: 4 }))
      }
      await collections[0]!.upsert(idsOf(2), randomMatrix(2, 4, 1))
      if (who === 'leader') await leader.delete()
      else if (who === 'follower') await follower.delete()
      else await deleteDatabase(name)
      for (const c of collections) {
        await expect(c.count(), who).rejects.toMatchObject({ code: 'CLOSED' })
      }
      if (who === 'none of them') expect(heard).toEqual(['deletion', 'deletion', 'deletion'])
      const stored = await indexedDB.databases()
      expect(stored.filter((each) => each.name?.endsWith(name))).toEqual([])
      expect(await (await tab(name)).db.collections()).toEqual([])
    }
  })
})

it('is not replaced by an import that was not asked to', async () => {
  const name = freshName()
  const { db } = await tab(name)
  const c = await db.collection('c', { dimension: 4 })
  await c.upsert(idsOf(2), randomMatrix(2, 4, 1))
  const blob = await db.export()
  await expect(importDatabase(name, blob)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  expect(await c.count()).toBe(2)
})

it('waits for an import that takes its time, and opens what was imported', async () => {
  const [from, to] = [freshName(), freshName()]
  const { db } = await tab(from)
  const source = await db.collection('c', { dimension: 64 })
  await source.upsert(idsOf(10_000), randomMatrix(10_000, 64, 1))
  const blob = await db.export()
  await (await tab(to)).close()

  const holder = await openDB(databaseName(to))
  let release: (() => Promise<void>) | undefined
  let isOver = false
  const importing = importDatabase(to, blob, {
    replace: true,
    onProgress: ({ phase }) => {
      if (phase === 'writing') release ??= holdStore(holder)
    },
  }).finally(() => (isOver = true))
  await expect.poll(() => release, { timeout: 60_000 }).toBeDefined()
  const opening = tab(to)
  const isAwaited = async (): Promise<boolean> => {
    const { pending = [] } = await navigator.locks.query()
    return pending.some((lock) => lock.name === databaseName(to))
  }
  await expect.poll(isAwaited, { timeout: 60_000 }).toBe(true)
  // Longer than an open waits for one that only holds the storage.
  await new Promise((resolve) => setTimeout(resolve, 7_000))
  expect(isOver).toBe(false)
  await release?.()
  holder.close()
  await importing
  const opened = await opening
  expect(await (await opened.db.collection('c')).count()).toBe(10_000)
})

/** Keeps every other from writing to the stores, until the function it answers is called. */
function holdStore(db: IDBPDatabase): () => Promise<void> {
  const transaction = db.transaction([...db.objectStoreNames], 'readwrite')
  let isHeld = true
  const hold = async (): Promise<void> => {
    while (isHeld) await transaction.objectStore('meta').count()
    await transaction.done
  }
  const holding = hold()
  return () => {
    isHeld = false
    return holding
  }
}

it('fails the calls of a worker that was terminated', async () => {
  const only = await tab(freshName())
  const c = await only.db.collection('c', { dimension: 4 })
  only.kill()
  await expect(c.count()).rejects.toMatchObject({ code: 'CLOSED' })
})

it('goes on with a worker that throws beside all calls', async () => {
  const only = await tab(freshName())
  const c = await only.db.collection('c', { dimension: 4 })
  await only.stray()
  expect(await c.count()).toBe(0)
})

it('tells a handle that is closed of nothing more, and another of the same tab of all', async () => {
  const name = freshName()
  const leader = await tab(name)
  const follower = await tab(name)
  const other = await follower.open()
  const roles = { closed: [] as Role[], open: [] as Role[] }
  other.on('role', (role) => roles.closed.push(role))
  follower.db.on('role', (role) => roles.open.push(role))
  await other.close()
  await leader.close()
  await expect.poll(() => roles.open, { timeout: 60_000 }).toEqual(['leader'])
  await follower.db.collections()
  expect(roles.closed).toEqual([])
})

it('listens to a worker that was given once, however often it is given', async () => {
  const { db, open } = await tab(freshName())
  const listen = vi.spyOn(Worker.prototype, 'addEventListener')
  await db.close()
  for (let again = 0; again < 3; again++) await (await open()).close()
  expect(listen).not.toHaveBeenCalled()
  listen.mockRestore()
})

it('opens in a worker of the page, which has no document', async () => {
  const url = new URL('../fixtures/opening-worker.ts', import.meta.url)
  const worker = new Worker(url, { type: 'module' })
  const answer = await new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<unknown>) => {
      resolve(data)
    }
  })
  worker.terminate()
  const address = new URL('/nowhere/core.wasm', location.href).href
  expect((answer as QuiverError).code).not.toBe('INTERNAL')
  expect((answer as QuiverError).message).toContain(address)
})

describe('options of one who joins', () => {
  it('must not ask for more durability than there is', async () => {
    const name = freshName()
    const relaxed = { durability: 'relaxed' } as const
    tabs.push(await openTab(name, relaxed))
    await expect(openTab(name)).rejects.toMatchObject({ code: 'OPTIONS_MISMATCH' })
    tabs.push(await openTab(name, relaxed))
    const here = await openLocal(name, relaxed)
    await expect(openLocal(name)).rejects.toMatchObject({ code: 'OPTIONS_MISMATCH' })
    await here.close()
  })

  it('must hold the key', async () => {
    const name = freshName()
    const encryption = { key: 'a passphrase' }
    tabs.push(await openTab(name, { encryption }))
    const wrong = { encryption: { key: 'another' } }
    await expect(openTab(name, wrong)).rejects.toMatchObject({ code: 'WRONG_KEY' })
    await expect(openTab(name)).rejects.toMatchObject({ code: 'WRONG_KEY' })
    const here = await openLocal(name, { encryption })
    await expect(openLocal(name, wrong)).rejects.toMatchObject({ code: 'WRONG_KEY' })
    expect(here.status.role).toBe('follower')
    await here.close()
  })
})

it('keeps in memory, and says why, where the browser allows no storage', async () => {
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
    throw new DOMException('denied', 'SecurityError')
  })
  try {
    const name = freshName()
    const db = await openLocal(name)
    expect(db.status).toMatchObject({ storage: 'memory', role: 'alone' })
    expect(db.status.reason).toContain('denied')
    const same = await openLocal(name)
    await (await db.collection('c', { dimension: 4 })).upsert(idsOf(2), randomMatrix(2, 4, 1))
    expect(await (await same.collection('c')).count()).toBe(2)
    await Promise.all([db.close(), same.close()])
    const asked = openLocal(name, { storage: 'indexeddb' })
    await expect(asked).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  } finally {
    vi.restoreAllMocks()
  }
})
