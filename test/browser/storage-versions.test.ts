/** Formats this version does not know, and the end of a database. */
import { openDB } from 'idb'
import { describe, expect, test, vi } from 'vitest'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import {
  decodeHeader,
  encodeHeader,
  type Header,
  newHeader,
} from '../../src/storage/codec/header.ts'
import { seal } from '../../src/storage/codec/sealed.ts'
import { deleteIdbStorage } from '../../src/storage/idb/index.ts'
import type { StorageEvent } from '../../src/storage/index.ts'
import { foldOf, freshName, heldBackOpening, open, raw, texts } from '../support/idb.ts'
import { bytesOf, readAll, replayed } from '../support/storage.ts'

describe('versions', () => {
  async function changeHeader(name: string, change: Partial<Header>): Promise<void> {
    const checksum = await loadChecksum()
    const bytes = encodeHeader({ ...newHeader(), ...change }, checksum)
    await raw(name, async (db) => {
      for (const key of await db.getAllKeys('meta')) await db.put('meta', bytes, key)
    })
  }

  /** As an unfinished fold does; a writer would drop it. */
  async function leaveChunkBehind(name: string): Promise<void> {
    await raw(name, (db) => db.add('segments', bytesOf('leftover'), [1, 'leftover', 0]))
  }

  function snapshot(name: string): Promise<unknown> {
    return raw(name, async (db) => {
      const stores = [...db.objectStoreNames]
      return Promise.all(
        stores.map(async (store) => [await db.getAllKeys(store), await db.getAll(store)]),
      )
    })
  }

  test.each<Partial<Header>>([{ format: 3 }, { readerFlags: ['sharded'] }])(
    'that this one must not read (%o) are refused without a byte changed',
    async (change) => {
      const name = freshName()
      const first = await open(name)
      await first.append(bytesOf('a'))
      await foldOf(first, 'b', 0)
      await first.close()
      await leaveChunkBehind(name)
      await changeHeader(name, change)
      const before = await snapshot(name)
      await expect(open(name)).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
      expect(await snapshot(name)).toEqual(before)
    },
  )

  test('of a log record are refused without a byte changed, whatever the header says', async () => {
    const name = freshName()
    const first = await open(name)
    const seq = await first.append(bytesOf('a'))
    await first.close()
    await leaveChunkBehind(name)
    const checksum = await loadChecksum()
    await raw(name, async (db) => {
      const record = (await db.get('log', seq))!
      record[8]!++
      seal(record, checksum)
      await db.put('log', record, seq)
    })
    const before = await snapshot(name)
    await expect(open(name)).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
    expect(await snapshot(name)).toEqual(before)
  })

  test('that are older are read, and raised with the first claim', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('a'))
    await first.close()
    const checksum = await loadChecksum()
    const old = encodeHeader({ ...newHeader(), format: 1 }, checksum)
    await raw(name, async (db) => {
      await db.put('meta', old, 'header')
      await db.delete('meta', 'header-copy')
      await db.put('claims', 1, 1)
    })
    const second = await open(name)
    expect(second.damage).toEqual([])
    expect(await texts(second, 0)).toEqual(['a'])
    await second.append(bytesOf('b'))
    await second.close()
    await raw(name, async (db) => {
      for (const key of ['header', 'header-copy']) {
        expect(decodeHeader(await db.get('meta', key), checksum).format).toBe(2)
      }
    })
    const third = await open(name)
    expect(await texts(third, 0)).toEqual(['a', 'b'])
    await third.close()
  })

  test('that this one must not write are read, without a byte changed', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('a'))
    const ref = await foldOf(first, 'b', 0)
    await first.close()
    await leaveChunkBehind(name)
    await changeHeader(name, { writerFlags: ['columns-2'] })
    const before = await snapshot(name)
    const second = await open(name)
    expect(await texts(second, 0)).toEqual(['a'])
    expect(await readAll(second, [ref])).toEqual([bytesOf('b')])
    await expect(second.append(bytesOf('c'))).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
    expect(() => second.beginFold()).toThrow(expect.objectContaining({ code: 'NEWER_FORMAT' }))
    await second.close()
    expect(await snapshot(name)).toEqual(before)
  })

  test('of the schema that are newer are refused', async () => {
    const name = freshName()
    await (await open(name)).close()
    const newer = await openDB(`quiver:${name}`, 2)
    newer.close()
    await expect(open(name)).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
  })

  test('that are no database of Quiver are CORRUPT', async () => {
    const name = freshName()
    const other = await openDB(`quiver:${name}`, 1, {
      upgrade: (db) => void db.createObjectStore('something'),
    })
    other.close()
    await expect(open(name)).rejects.toMatchObject({ code: 'CORRUPT' })
  })
})

describe('deleting', () => {
  test('what is open closes it, and the name is free at once', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('a'))
    await deleteIdbStorage(name)
    await expect(first.append(bytesOf('b'))).rejects.toMatchObject({ code: 'CLOSED' })
    const second = await open(name)
    expect(await replayed(second, 0)).toEqual([])
    await first.close()
    await second.append(bytesOf('c'))
    await second.close()
  })

  test('tells who has it open, and why', async () => {
    const name = freshName()
    const storage = await open(name)
    const events: StorageEvent[] = []
    storage.subscribe((event) => events.push(event))
    await deleteIdbStorage(name)
    expect(events).toEqual([{ type: 'blocked', by: 'deletion' }, { type: 'failed' }])
  })

  test('that is held up does not hold up an open without end, nor the lock', async () => {
    const name = freshName()
    await (await open(name)).close()
    const stubborn = await openDB(`quiver:${name}`)
    const deleted = deleteIdbStorage(name)
    const opened = open(name)
    await expect(deleted).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await expect(opened).rejects.toMatchObject({ code: 'CLOSED' })
    expect((await navigator.locks.query()).held?.map((lock) => lock.name)).not.toContain(
      `quiver:${name}`,
    )
    stubborn.close()
    const storage = await open(name)
    expect(await replayed(storage, 0)).toEqual([])
    await storage.close()
  })

  test('while it is being opened is not held up by that', async () => {
    const name = freshName()
    const { opening, finish } = await heldBackOpening(name)
    await deleteIdbStorage(name)
    finish()
    await expect(opening).rejects.toMatchObject({ code: 'CLOSED' })
    await (await open(name)).close()
  })

  test('behind a deletion that is held up does not wait without end either', async () => {
    const name = freshName()
    await (await open(name)).close()
    const stubborn = await openDB(`quiver:${name}`)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const deletions = Promise.allSettled([deleteIdbStorage(name), deleteIdbStorage(name)])
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    const [first, second] = await deletions
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'NOT_LEADER' } })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'NOT_LEADER' } })
    stubborn.close()
    await (await open(name)).close()
  })

  test('what is not there is no error', async () => {
    await deleteIdbStorage(freshName())
  })

  test('what somebody does not let go of says so, and happens when they do', async () => {
    const name = freshName()
    await (await open(name)).close()
    const stubborn = await openDB(`quiver:${name}`)
    await expect(deleteIdbStorage(name)).rejects.toMatchObject({ code: 'NOT_LEADER' })
    stubborn.close()
    const storage = await open(name)
    expect(await replayed(storage, 0)).toEqual([])
    await storage.close()
  })
})
