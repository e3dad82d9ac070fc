/** One writer at a time, and what a writer does when the browser fails it. */
import { deleteDB, openDB, unwrap } from 'idb'
import { describe, expect, test } from 'vitest'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import { encodeLogRecord, LogKind, marker } from '../../src/storage/codec/log-record.ts'
import { encodeManifest } from '../../src/storage/codec/manifest.ts'
import type { StorageDatabase } from '../../src/storage/idb/schema.ts'
import type { ChunkRef, Storage, StorageEvent } from '../../src/storage/index.ts'
import { refTo } from '../../src/storage/references.ts'
import { deleteIdbStorage } from '../../src/storage/idb/index.ts'
import {
  foldOf,
  freshName,
  heldBackOpening,
  open,
  raw,
  replaceMethod,
  texts,
  withoutLocks,
} from '../support/idb.ts'
import { bytesOf, readAll, replayed } from '../support/storage.ts'
import { storedNames } from '../support/stored.ts'

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
    const late = await open(name)
    await late.append(bytesOf('early'))
    const fold = late.beginFold()
    const stray = await fold.write('x', 0, bytesOf('stray'))

    const successor = await withoutLocks(() => open(name))
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

  test('of many who take over at the same time is left', async () => {
    const name = freshName()
    await (await open(name)).close()
    const storages = await withoutLocks(() =>
      Promise.all(Array.from({ length: 5 }, () => open(name))),
    )
    const appended = await Promise.allSettled(storages.map((each) => each.append(bytesOf('a'))))
    expect(appended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of appended) {
      if (result.status === 'rejected') {
        expect(result.reason).toMatchObject({ code: 'NOT_LEADER' })
      }
    }
    await Promise.all(storages.map((each) => each.close()))
    const next = await open(name)
    expect(await texts(next, 0)).toEqual(['a'])
    expect(next.damage).toEqual([])
    await next.close()
  })

  test('who takes over just as the one before makes a snapshot spares that snapshot', async () => {
    const name = freshName()
    const late = await open(name)
    const folded = await late.append(bytesOf('early'))
    await foldOf(late, 'first', folded)
    const checksum = await loadChecksum()
    const chunk = bytesOf('second')
    const generation = folded + 1
    const ref = refTo([generation, 'x', 0], chunk, checksum)
    const seq = folded + 2
    const flip = { ...marker(LogKind.fold), epoch: 1, seq, position: 400 }
    const content = { foldedSeq: folded, chunks: [ref], body: 'second', foldedPosition: 300 }

    const other: StorageDatabase = await openDB(`quiver:${name}`)
    replaceMethod(
      IDBDatabase.prototype,
      'transaction',
      (original, restore) =>
        function (this: IDBDatabase, ...args) {
          if (args[1] === 'readwrite') {
            restore()
            // In the very moment before the claim.
            const stores = ['log', 'manifest', 'segments']
            const transaction = unwrap(other).transaction(stores, 'readwrite')
            transaction.objectStore('segments').add(chunk, [generation, 'x', 0])
            transaction.objectStore('log').add(encodeLogRecord(flip, checksum), seq)
            const manifest = encodeManifest({ ...content, generation }, checksum)
            transaction.objectStore('manifest').add(manifest, generation)
          }
          return original.apply(this, args)
        },
    )
    const successor = await withoutLocks(() => open(name))
    other.close()
    expect(successor.manifest).toMatchObject({ body: 'second' })
    expect(await readAll(successor, [ref])).toEqual([chunk])
    await expect(late.append(bytesOf('late'))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await late.close()
    await successor.close()
  })

  test('who is asked knows whether another one has taken over', async () => {
    const name = freshName()
    const late = await open(name)
    await late.append(bytesOf('a'))
    await late.confirm()
    const events: StorageEvent[] = []
    late.subscribe((event) => events.push(event))
    const successor = await withoutLocks(() => open(name))
    await successor.confirm()
    await expect(late.confirm()).rejects.toMatchObject({ code: 'NOT_LEADER' })
    expect(late.failure).toMatchObject({ code: 'NOT_LEADER' })
    expect(events).toEqual([{ type: 'failed' }])
    await late.close()
    await successor.close()
  })

  test('whose lock is stolen is closed', async () => {
    const name = freshName()
    const storage = await open(name)
    await navigator.locks.request(`quiver:${name}`, { steal: true }, () => undefined)
    await expect(storage.append(bytesOf('a'))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await storage.close()
  })

  test('whose lock is stolen while it opens does not open', async () => {
    const name = freshName()
    const { opening, finish } = await heldBackOpening(name)
    await navigator.locks.request(`quiver:${name}`, { steal: true }, () => undefined)
    finish()
    await expect(opening).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await deleteIdbStorage(name)
  })

  test('who may hold no lock is told that nothing can be stored, and not of another tab', async () => {
    const restore = replaceMethod(
      LockManager.prototype,
      'request',
      () => () => Promise.reject(new DOMException('Access is denied.', 'SecurityError')),
    )
    const opening = open(freshName())
    await expect(opening.finally(restore)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
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

  test('whose answer about a snapshot stays out leaves that snapshot alone', async () => {
    const name = freshName()
    const storage = await open(name)
    const fold = storage.beginFold()
    const ref = await fold.write('x', 0, bytesOf('x'))
    const restored: (() => void)[] = []
    restored.push(
      replaceMethod(
        IDBDatabase.prototype,
        'transaction',
        (original) =>
          function (this: IDBDatabase, ...args) {
            const transaction = original.apply(this, args)
            if (args[1] !== 'readwrite' || !Array.from(args[0]).includes('manifest'))
              return transaction
            // It completes, but the page hears that it was aborted, and what it asks then is not answered.
            restored.push(
              replaceMethod(IDBObjectStore.prototype, 'get', () => () => {
                throw new DOMException('No answer.', 'UnknownError')
              }),
            )
            transaction.addEventListener('complete', (event) => {
              event.stopImmediatePropagation()
              transaction.dispatchEvent(new Event('abort'))
            })
            return transaction
          },
      ),
    )
    try {
      const content = { foldedSeq: 0, chunks: [ref], body: 'snapshot' }
      await expect(fold.commit(content)).rejects.toMatchObject({ code: 'CLOSED' })
    } finally {
      for (const restore of restored.reverse()) restore()
    }
    await fold.abandon()
    await expect(storage.append(bytesOf('a'))).rejects.toMatchObject({ code: 'CLOSED' })
    await storage.close()
    const next = await open(name)
    expect(next.manifest).toMatchObject({ body: 'snapshot' })
    expect(await readAll(next, [ref])).toEqual([bytesOf('x')])
    await next.close()
  })

  test('in the middle of a read is replaced, and leaves no rejection behind', async () => {
    const storage = await open(freshName())
    await storage.append(bytesOf('a'))
    const ref = await foldOf(storage, 'x', 0)
    const unhandled: unknown[] = []
    const hear = (event: PromiseRejectionEvent): void => {
      unhandled.push(event.reason)
      event.preventDefault()
    }
    addEventListener('unhandledrejection', hear)
    for (const method of ['get', 'getAll'] as const) {
      replaceMethod(
        IDBObjectStore.prototype,
        method,
        (original: IDBObjectStore['get'], restore) =>
          function (this: IDBObjectStore, ...args: Parameters<IDBObjectStore['get']>) {
            restore()
            const request = original.apply(this, args)
            this.transaction.abort()
            return request
          } as never,
      )
      expect(await readAll(storage, [ref])).toEqual([bytesOf('x')])
      expect(await texts(storage, 0)).toEqual(['a'])
    }
    await new Promise((resolve) => setTimeout(resolve))
    removeEventListener('unhandledrejection', hear)
    expect(unhandled).toEqual([])
    await storage.close()
  })

  test('is not replaced by a store that only has the same name', async () => {
    const name = freshName()
    const storage = await open(name)
    const events: StorageEvent[] = []
    storage.subscribe((event) => events.push(event))
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
    expect(events).toEqual([{ type: 'evicted' }, { type: 'failed' }])
    expect(await storedNames()).not.toContain(`quiver:${name}`)
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
      expect(second.writable).toBe(false)
      await second.close()
    })
    const third = await open(name)
    expect(third.writable).toBe(true)
    await third.append(bytesOf('more'))
    expect(await texts(third, third.manifest?.foldedSeq ?? 0)).toEqual(['logged', 'more'])
    await third.close()
  })

  test('that ends lets a writer write that found no room when it was opened', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('before'))
    await first.close()
    let storage!: Storage
    const events: StorageEvent[] = []
    await whileFull(0, async () => {
      storage = await open(name)
      storage.subscribe((event) => events.push(event))
      await expect(storage.append(bytesOf('lost'))).rejects.toMatchObject({
        code: 'QUOTA_EXCEEDED',
      })
      expect(events).toEqual([])
    })
    await storage.append(bytesOf('after'))
    expect(events).toEqual([{ type: 'quota', writable: true }])
    expect(storage.writable).toBe(true)
    await foldOf(storage, 'snapshot', 0)
    await whileFull(0, async () => {
      await expect(storage.append(bytesOf('lost'))).rejects.toMatchObject({
        code: 'QUOTA_EXCEEDED',
      })
    })
    expect(events.slice(1)).toEqual([{ type: 'quota', writable: false }])
    expect(await texts(storage, 0)).toEqual(['before', 'after'])
    await storage.close()
  })

  test('reached by what the browser does not name so is told as such', async () => {
    const storage = await open(freshName())
    const restore = replaceMethod(IDBObjectStore.prototype, 'add', () => () => {
      throw new DOMException('IO error: No space left on device', 'UnknownError')
    })
    try {
      await expect(storage.append(bytesOf('lost'))).rejects.toMatchObject({
        code: 'QUOTA_EXCEEDED',
      })
    } finally {
      restore()
    }
    await storage.append(bytesOf('after'))
    expect(await texts(storage, 0)).toEqual(['after'])
    await storage.close()
  })

  test('that ends does not let a writer write that another one has overtaken', async () => {
    const name = freshName()
    await (await open(name)).close()
    let late!: Storage
    await whileFull(0, async () => {
      late = await open(name)
    })
    const successor = await withoutLocks(() => open(name))
    await successor.append(bytesOf('a'))
    await expect(late.append(bytesOf('b'))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await late.close()
    expect(await texts(successor, 0)).toEqual(['a'])
    await successor.close()
  })
})
