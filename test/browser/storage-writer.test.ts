/** One writer at a time, and what a writer does when the browser fails it. */
import { deleteDB } from 'idb'
import { describe, expect, test } from 'vitest'
import type { ChunkRef } from '../../src/storage/index.ts'
import { foldOf, freshName, open, raw, replaceMethod, texts } from '../support/idb.ts'
import { bytesOf, readAll, replayed } from '../support/storage.ts'

describe('one writer', () => {
  test('who finds its next log key taken is deposed, and stays so until reopened', async () => {
    const name = freshName()
    const first = await open(name)
    const seq = await first.append(bytesOf('mine'))
    const foreign = new Uint8Array(64)
    await raw(name, (db) => db.add('log', foreign, seq + 1))

    const deposed = { code: 'NOT_LEADER' }
    await expect(first.append(bytesOf('too late'))).rejects.toMatchObject(deposed)
    await expect(first.append(bytesOf('too late'))).rejects.toMatchObject(deposed)
    await expect(replayed(first, 0)).rejects.toMatchObject(deposed)
    await first.close()
    expect(await raw(name, (db) => db.get('log', seq + 1))).toEqual(foreign)
    await raw(name, (db) => db.delete('log', seq + 1))

    const second = await open(name)
    expect(await texts(second, 0)).toEqual(['mine'])
    await second.close()
  })

  test('who was deposed can neither append nor fold, whatever its successor trimmed', async () => {
    const name = freshName()
    const locks = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks')
    if (!locks) throw new Error('no Web Locks here')
    const late = await open(name)
    await late.append(bytesOf('early'))
    const fold = late.beginFold()
    const stray = await fold.write('x', 0, bytesOf('stray'))

    // Without locks a second writer gets in, as after a stolen lock.
    Object.defineProperty(Navigator.prototype, 'locks', { configurable: true, value: undefined })
    const successor = await open(name).finally(() => {
      Object.defineProperty(Navigator.prototype, 'locks', locks)
    })
    let ref: ChunkRef | undefined
    for (let i = 0; i < 3; i++) {
      ref = await foldOf(successor, `${i}`, await successor.append(bytesOf(`${i}`)))
    }
    await expect(fold.commit({ foldedSeq: 0, chunks: [stray], body: null })).rejects.toMatchObject({
      code: 'NOT_LEADER',
    })
    await fold.abandon()
    await expect(late.append(bytesOf('late'))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await late.close()

    expect(await readAll(successor, [ref!])).toEqual([bytesOf('2')])
    await successor.append(bytesOf('goes on'))
    await successor.close()
    const third = await open(name)
    expect(third.manifest).toMatchObject({ chunks: [ref], body: '2' })
    expect(await texts(third, third.manifest?.foldedSeq ?? 0)).toEqual(['goes on'])
    await third.close()
  })

  test('whose lock is stolen is closed', async () => {
    const name = freshName()
    const storage = await open(name)
    await navigator.locks.request(`quiver:${name}`, { steal: true }, () => undefined)
    await expect(storage.append(bytesOf('a'))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await storage.close()
  })
})

describe('a handle the browser dropped', () => {
  /** Runs `work` with the connection behind its first transaction closed, as a browser would close it. */
  async function withDroppedHandle(work: () => Promise<unknown>): Promise<void> {
    const restore = replaceMethod(
      IDBDatabase.prototype,
      'transaction',
      (original, restore) =>
        function (this: IDBDatabase, ...args) {
          restore()
          this.close()
          return original.apply(this, args)
        },
    )
    await work().finally(restore)
  }

  test('is replaced, and nothing is lost or doubled', async () => {
    const name = freshName()
    const storage = await open(name)
    await storage.append(bytesOf('a'))
    await withDroppedHandle(() => storage.append(bytesOf('b')))
    await withDroppedHandle(async () => {
      expect(await texts(storage, 0)).toEqual(['a', 'b'])
    })
    const fold = storage.beginFold()
    const ref = await fold.write('x', 0, bytesOf('x'))
    await withDroppedHandle(() => fold.commit({ foldedSeq: 0, chunks: [ref], body: null }))
    await withDroppedHandle(async () => {
      expect(await readAll(storage, [ref])).toEqual([bytesOf('x')])
    })
    await storage.append(bytesOf('c'))
    expect(await texts(storage, 0)).toEqual(['a', 'b', 'c'])
    await storage.close()
  })

  test('is asked about a write whose end it did not tell', async () => {
    const name = freshName()
    const storage = await open(name)
    replaceMethod(
      IDBDatabase.prototype,
      'transaction',
      (original, restore) =>
        function (this: IDBDatabase, ...args) {
          restore()
          const transaction = original.apply(this, args)
          // It completes, but the page hears that it was aborted.
          transaction.addEventListener('complete', (event) => {
            event.stopImmediatePropagation()
            transaction.dispatchEvent(new Event('abort'))
          })
          return transaction
        },
    )
    await storage.append(bytesOf('once'))
    await storage.append(bytesOf('again'))
    expect(await texts(storage, 0)).toEqual(['once', 'again'])
    await storage.close()
  })

  test('is not replaced by a store that only has the same name', async () => {
    const name = freshName()
    const storage = await open(name)
    await storage.append(bytesOf('a'))
    await withDroppedHandle(async () => {
      const deleted = new Promise<void>((resolve, reject) => {
        // As when the person clears the site's data: no versionchange that could be heard.
        replaceMethod(
          IDBFactory.prototype,
          'open',
          (original, restore) =>
            function (this: IDBFactory, ...args) {
              restore()
              deleteDB(`quiver:${name}`).then(resolve, reject)
              return original.apply(this, args)
            },
        )
      })
      await expect(storage.append(bytesOf('b'))).rejects.toMatchObject({ code: 'CLOSED' })
      await deleted
    })
    await expect(storage.append(bytesOf('c'))).rejects.toMatchObject({ code: 'CLOSED' })
    await storage.close()
    const next = await open(name)
    expect(await replayed(next, 0)).toEqual([])
    await next.close()
  })
})

describe('quota', () => {
  /** Runs `work` while the browser takes no record of more than `limit` bytes. */
  async function whileFull(limit: number, work: () => Promise<void>): Promise<void> {
    const restore = replaceMethod(
      IDBObjectStore.prototype,
      'add',
      (original) =>
        function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
          if ((value as Uint8Array).byteLength > limit) {
            throw new DOMException('No room.', 'QuotaExceededError')
          }
          return original.call(this, value, key)
        },
    )
    try {
      await work()
    } finally {
      restore()
    }
  }

  test('exceeded fails that write alone, stores nothing of it, and later ones go on', async () => {
    const name = freshName()
    const storage = await open(name)
    await storage.append(bytesOf('before'))
    await whileFull(2 ** 20, async () => {
      const results = await Promise.allSettled([
        storage.append(bytesOf('small')),
        storage.append(new Uint8Array(7 * 2 ** 20)),
        storage.append(bytesOf('smaller')),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(results[1]).toMatchObject({ reason: { code: 'QUOTA_EXCEEDED' } })
    })
    await storage.append(bytesOf('after'))
    expect(await texts(storage, 0)).toEqual(['before', 'small', 'smaller', 'after'])
    await storage.close()
    const second = await open(name)
    expect(await texts(second, 0)).toEqual(['before', 'small', 'smaller', 'after'])
    expect(second.damage).toEqual([])
    await second.close()
  })

  test('reached in the middle of an operation leaves no part of it behind', async () => {
    const storage = await open(freshName())
    let records = 0
    const restore = replaceMethod(
      IDBObjectStore.prototype,
      'add',
      (original) =>
        function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
          if (++records === 2) throw new DOMException('No room.', 'QuotaExceededError')
          return original.call(this, value, key)
        },
    )
    try {
      await expect(storage.append(new Uint8Array(7 * 2 ** 20))).rejects.toMatchObject({
        code: 'QUOTA_EXCEEDED',
      })
    } finally {
      restore()
    }
    expect(await texts(storage, 0)).toEqual([])
    await storage.append(bytesOf('after'))
    expect(await texts(storage, 0)).toEqual(['after'])
    await storage.close()
  })

  test('that leaves no room at all keeps what is stored readable', async () => {
    const name = freshName()
    const first = await open(name)
    const ref = await foldOf(first, 'snapshot', await first.append(bytesOf('folded')))
    await first.append(bytesOf('logged'))
    await first.close()
    await whileFull(0, async () => {
      const second = await open(name)
      expect(await readAll(second, [ref])).toEqual([bytesOf('snapshot')])
      expect(await texts(second, second.manifest?.foldedSeq ?? 0)).toEqual(['logged'])
      const full = { code: 'QUOTA_EXCEEDED' }
      await expect(second.append(bytesOf('more'))).rejects.toMatchObject(full)
      expect(() => second.beginFold()).toThrow(expect.objectContaining(full))
      await second.close()
    })
    const third = await open(name)
    await third.append(bytesOf('more'))
    expect(await texts(third, third.manifest?.foldedSeq ?? 0)).toEqual(['logged', 'more'])
    await third.close()
  })
})
