/** Stored bytes that changed or went missing: noticed, reported, and no more is lost than was damaged. */
import { describe, expect, test } from 'vitest'
import type { QuiverError } from '../../src/contract/errors.ts'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import { encodeLogRecord, LogKind } from '../../src/storage/codec/log-record.ts'
import { STORES } from '../../src/storage/idb/schema.ts'
import type { StorageEvent } from '../../src/storage/index.ts'
import { flipBit, foldOf, freshName, open, raw, replaceMethod, texts } from '../support/idb.ts'
import { bytesOf, readAll } from '../support/storage.ts'

describe('damage', () => {
  test.each(['changed', 'missing', 'no bytes'] as const)(
    'of a log record (%s) leaves that write out, is reported, and those before and after it are there',
    async (how) => {
      const name = freshName()
      const first = await open(name)
      await first.append(bytesOf('a'))
      const hit = await first.append(bytesOf('b'))
      await first.append(bytesOf('c'))
      await first.close()
      if (how === 'changed') await flipBit(name, 'log', hit)
      else if (how === 'missing') await raw(name, (db) => db.delete('log', hit))
      else await raw(name, (db) => db.put('log', 'text' as never, hit))

      const second = await open(name)
      const events: StorageEvent[] = []
      second.subscribe((event) => events.push(event))
      const damage = {
        part: 'log',
        message: expect.stringContaining(`Log record ${hit} is damaged`) as string,
        lost: 1,
      }
      for (let i = 0; i < 2; i++) {
        expect(await texts(second, 0)).toEqual(['a', 'c'])
        expect(second.damage).toMatchObject([damage])
        expect(events).toMatchObject([{ type: 'damage', damage }])
      }
      await second.append(bytesOf('d'))
      expect(await texts(second, 0)).toEqual(['a', 'c', 'd'])
      await second.close()

      const third = await open(name)
      expect(await texts(third, 0)).toEqual(['a', 'c', 'd'])
      expect(third.damage).toHaveLength(1)
      const folded = await third.append(bytesOf('e'))
      await foldOf(third, 'snapshot', folded)
      await third.close()

      const fourth = await open(name)
      expect(await texts(fourth, folded)).toEqual([])
      expect(fourth.damage).toEqual([])
      await fourth.close()
    },
  )

  test('of the newest log record leaves the log as long as what comes before it', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(new Uint8Array(100_000))
    await first.append(bytesOf('b'))
    const hit = await first.append(bytesOf('c'))
    await first.close()
    await flipBit(name, 'log', hit)
    await flipBit(name, 'log', hit - 1)
    const second = await open(name)
    expect(second.logBytes).toBeGreaterThan(100_000)
    await second.close()
  })

  test('of which no manifest is left is no empty database, and nothing more is dropped', async () => {
    const name = freshName()
    const first = await open(name)
    for (const text of ['a', 'b']) await foldOf(first, text, await first.append(bytesOf(text)))
    await first.close()
    await raw(name, (db) => db.clear('manifest'))
    const chunks = await raw(name, (db) => db.count('segments'))
    await expect(open(name)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await raw(name, (db) => db.count('segments'))).toBe(chunks)
    expect(chunks).toBe(2)
  })

  test('of a log in which an older version stopped: what it left out stays out', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('a'))
    const hit = await first.append(bytesOf('b'))
    const seq = 1 + (await first.append(bytesOf('never took effect')))
    await first.close()
    await flipBit(name, 'log', hit)
    const payload = new Uint8Array(8)
    payload[0] = hit
    const mark = { kind: LogKind.resume, epoch: 1, seq, position: 0, part: 0, parts: 1, payload }
    const record = encodeLogRecord(mark, await loadChecksum())
    await raw(name, (db) => db.add('log', record, seq))
    const second = await open(name)
    await second.append(bytesOf('c'))
    expect(await texts(second, 0)).toEqual(['a', 'c'])
    expect(second.damage).toMatchObject([{ part: 'log', lost: 2 }])
    await second.close()
  })

  test.each(['changed', 'no bytes', 'missing'] as const)(
    'of a claim (%s) does not let a trim take the claim itself',
    async (how) => {
      const name = freshName()
      for (let i = 0; i < 3; i++) await (await open(name)).close()
      if (how === 'changed') await flipBit(name, 'claims', 2)
      else if (how === 'missing') await raw(name, (db) => db.delete('claims', 2))
      else await raw(name, (db) => db.put('claims', 'text' as never, 2))
      const storage = await open(name)
      expect(storage.damage).toMatchObject([{ part: 'log', lost: 0 }])
      for (let i = 0; i < 3; i++) await foldOf(storage, `${i}`, await storage.append(bytesOf('a')))
      await storage.close()
      expect(await raw(name, (db) => db.getAllKeys('log'))).toEqual(
        expect.arrayContaining([1, 2, 3, 4]),
      )
      const again = await open(name)
      expect(again.damage).toEqual([])
      await again.close()
    },
  )

  test('of one part of a large operation leaves all of it out', async () => {
    const name = freshName()
    const first = await open(name)
    await first.append(bytesOf('a'))
    const hit = await first.append(new Uint8Array(9 * 2 ** 20))
    await first.close()
    await flipBit(name, 'log', hit - 1)
    const second = await open(name)
    expect(await texts(second, 0)).toEqual(['a'])
    expect(second.damage).toHaveLength(1)
    await second.append(bytesOf('b'))
    await second.close()
    const third = await open(name)
    expect(await texts(third, 0)).toEqual(['a', 'b'])
    await third.close()
  })

  test('of an operation whose beginning is not there leaves it out', async () => {
    const name = freshName()
    const first = await open(name)
    const seq = 1 + (await first.append(bytesOf('a')))
    await first.close()
    const payload = bytesOf('the end of something')
    const end = { kind: LogKind.operation, epoch: 1, seq, position: 0, part: 1, parts: 2, payload }
    const record = encodeLogRecord(end, await loadChecksum())
    await raw(name, (db) => db.add('log', record, seq))
    const second = await open(name)
    expect(await texts(second, 0)).toEqual(['a'])
    expect(second.damage).toHaveLength(1)
    await second.close()
  })

  test.each(['changed', 'missing', 'cut short'] as const)(
    'of a chunk (%s) is CORRUPT, and the other chunks are read',
    async (how) => {
      const name = freshName()
      const first = await open(name)
      const fold = first.beginFold()
      const hit = await fold.write('hit', 0, bytesOf('hit'))
      const whole = await fold.write('whole', 0, bytesOf('whole'))
      await fold.commit({ foldedSeq: 0, chunks: [hit, whole], body: null })
      await first.close()
      const key: [number, string, number] = [hit.generation, 'hit', 0]
      if (how === 'changed') await flipBit(name, 'segments', key)
      else if (how === 'missing') await raw(name, (db) => db.delete('segments', key))
      else await raw(name, (db) => db.put('segments', bytesOf('hi'), key))

      const second = await open(name)
      await expect(readAll(second, [hit])).rejects.toMatchObject({ code: 'CORRUPT' })
      expect(await readAll(second, [whole])).toEqual([bytesOf('whole')])
      await second.close()
    },
  )

  test('of the newest manifest falls back to the one before and the log', async () => {
    const name = freshName()
    const first = await open(name)
    const one = await first.append(bytesOf('one'))
    const old = await foldOf(first, 'with one', one)
    const two = await first.append(bytesOf('two'))
    await foldOf(first, 'with one and two', two)
    await first.append(bytesOf('three'))
    const newest = first.manifest?.generation ?? 0
    await first.close()
    await flipBit(name, 'manifest', newest)

    const second = await open(name)
    expect(second.manifest).toMatchObject({ foldedSeq: one, body: 'with one' })
    expect(second.damage).toMatchObject([
      {
        part: 'manifest',
        message: expect.stringContaining(`generation ${newest} is damaged`) as string,
      },
    ])
    expect(await readAll(second, [old])).toEqual([bytesOf('with one')])
    expect(await texts(second, one)).toEqual(['two', 'three'])
    const four = await second.append(bytesOf('four'))
    const next = await foldOf(second, 'with all', four)
    await second.close()

    const third = await open(name)
    expect(third.damage).toEqual([])
    expect(third.manifest).toMatchObject({ foldedSeq: four, body: 'with all' })
    expect(await readAll(third, [next, old])).toEqual([bytesOf('with all'), bytesOf('with one')])
    await third.close()
    await raw(name, async (db) => {
      expect(await db.getAllKeys('manifest')).toEqual([old.generation, next.generation])
    })
  })

  test('of the only manifest falls back to the whole log', async () => {
    const name = freshName()
    const first = await open(name)
    const one = await first.append(bytesOf('one'))
    await foldOf(first, 'with one', one)
    await first.append(bytesOf('two'))
    const generation = first.manifest?.generation ?? 0
    await first.close()
    await flipBit(name, 'manifest', generation)
    const second = await open(name)
    expect(second.manifest).toBeUndefined()
    expect(second.damage).toHaveLength(1)
    expect(await texts(second, 0)).toEqual(['one', 'two'])
    await second.close()
  })

  test('of both manifests is CORRUPT: the log alone is not everything', async () => {
    const name = freshName()
    const first = await open(name)
    for (let i = 0; i < 3; i++) await foldOf(first, `${i}`, await first.append(bytesOf(`${i}`)))
    await first.close()
    for (const generation of await raw(name, (db) => db.getAllKeys('manifest'))) {
      await flipBit(name, 'manifest', generation)
    }
    await expect(open(name)).rejects.toMatchObject({ code: 'CORRUPT' })
    await expect(open(name), 'the lock was given back').rejects.toMatchObject({ code: 'CORRUPT' })
  })

  test('of the log so that all of it is gone leaves the snapshot, and the next one is newer', async () => {
    const name = freshName()
    const first = await open(name)
    await foldOf(first, 'before', await first.append(bytesOf('a')))
    await foldOf(first, 'last', await first.append(bytesOf('b')))
    const { manifest } = first
    await first.close()
    await raw(name, (db) => db.clear('log'))
    const second = await open(name)
    expect(second.manifest).toEqual(manifest)
    expect(await texts(second, manifest?.foldedSeq ?? 0)).toEqual([])
    await foldOf(second, 'next', await second.append(bytesOf('c')))
    await second.close()
    const third = await open(name)
    expect(third.manifest?.body).toBe('next')
    await third.close()
  })

  test('of anything is found by those who ask', async () => {
    const name = freshName()
    const first = await open(name)
    for (let i = 0; i < 3; i++) await foldOf(first, `${i}`, await first.append(bytesOf(`${i}`)))
    const seq = await first.append(bytesOf('logged'))
    await first.close()
    const places = await raw(name, async (db) => ({
      records: await db.getAllKeys('log'),
      chunks: await db.getAllKeys('segments'),
    }))
    expect(places.records).toContain(1)
    expect(places.records).toContain(seq)
    for (const record of places.records) {
      await flipBit(name, 'log', record)
      const storage = await open(name)
      const { damagedRecords, damagedChunks } = await storage.verify({})
      expect({ damagedRecords, damagedChunks }).toEqual({
        damagedRecords: [record],
        damagedChunks: [],
      })
      await storage.close()
      await flipBit(name, 'log', record)
    }
    for (const key of places.chunks) {
      await flipBit(name, 'segments', key)
      const storage = await open(name)
      const { damagedRecords, damagedChunks } = await storage.verify({})
      expect(damagedRecords).toEqual([])
      expect(damagedChunks.map(({ generation, path, n }) => [generation, path, n])).toEqual([key])
      expect(storage.damage).toEqual([])
      await storage.close()
      await flipBit(name, 'segments', key)
    }
  })

  test.each(['header', 'header-copy'])(
    'of the %s is mended from the other, and of both is CORRUPT',
    async (key) => {
      const name = freshName()
      await (await open(name)).close()
      await flipBit(name, 'meta', key)
      const storage = await open(name)
      expect(storage.damage).toMatchObject([{ part: 'header', lost: 0 }])
      await storage.close()
      const again = await open(name)
      expect(again.damage).toEqual([])
      await again.close()
      for (const each of ['header', 'header-copy']) await flipBit(name, 'meta', each)
      await expect(open(name)).rejects.toMatchObject({ code: 'CORRUPT' })
    },
  )

  test('of a chunk on its way to disk keeps the fold from counting', async () => {
    const name = freshName()
    const storage = await open(name)
    const before = await foldOf(storage, 'before', 0)
    const fold = storage.beginFold()
    const ref = await fold.write('x', 0, bytesOf('written wrongly'))
    const restore = replaceMethod(
      IDBObjectStore.prototype,
      'put',
      (original) =>
        function (this: IDBObjectStore, _value: unknown, key?: IDBValidKey) {
          return original.call(this, bytesOf('something else.'), key)
        },
    )
    try {
      const content = { foldedSeq: 0, chunks: [ref], body: null }
      await expect(fold.commit(content)).rejects.toMatchObject({ code: 'CORRUPT' })
    } finally {
      restore()
    }
    await fold.abandon()
    expect(await readAll(storage, [before])).toEqual([bytesOf('before')])
    expect(storage.manifest?.chunks).toEqual([before])
    await storage.close()
  })

  test('of any bit anywhere never goes into an answer unnoticed', async () => {
    const name = freshName()
    const first = await open(name)
    await foldOf(first, 'older generation', await first.append(bytesOf('one')))
    await foldOf(first, 'newer generation', await first.append(bytesOf('two')))
    await first.append(bytesOf('three'))
    await first.append(bytesOf('four'))
    await first.close()

    /** All there is to know, or the code of what kept it from being known; and whether damage was noticed. */
    const answer = async (): Promise<{ text: string; noticed: boolean }> => {
      try {
        const storage = await open(name)
        try {
          const chunks = await readAll(storage, storage.manifest?.chunks ?? [])
          const log = await texts(storage, storage.manifest?.foldedSeq ?? 0)
          const text = JSON.stringify([chunks.map((chunk) => String(chunk)), log])
          return { text, noticed: storage.damage.length > 0 }
        } finally {
          await storage.close()
        }
      } catch (error) {
        return { text: (error as QuiverError).code, noticed: true }
      }
    }
    // Before anything is opened again, which adds to them.
    const places = await raw(name, (db) =>
      Promise.all(STORES.map(async (store) => ({ store, keys: await db.getAllKeys(store) }))),
    )
    const whole = await answer()
    expect(whole.noticed).toBe(false)

    let noticed = 0
    for (const { store, keys } of places) {
      for (const key of keys) {
        for (let i = 0; i < 8; i++) {
          const at = Math.random()
          await flipBit(name, store, key, at)
          const damaged = await answer()
          if (damaged.noticed) noticed++
          else expect(damaged.text, `${store} ${JSON.stringify(key)}`).toBe(whole.text)
          await flipBit(name, store, key, at)
        }
      }
    }
    // A header, two records after the fold, both manifests and the newer chunk at least.
    expect(noticed).toBeGreaterThanOrEqual(6 * 8)
    expect(await answer()).toEqual(whole)
  })
})
