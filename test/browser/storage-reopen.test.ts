/** Closing and reopening, folds, and how many transactions it takes, in a real IndexedDB. */
import { describe, expect, test } from 'vitest'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import { decodeClaim, encodeClaim } from '../../src/storage/codec/claim.ts'
import { encodeLogRecord, LogKind, marker } from '../../src/storage/codec/log-record.ts'
import { openIdbStorage } from '../../src/storage/idb/index.ts'
import type { StorageDatabase } from '../../src/storage/idb/schema.ts'
import { foldOf, freshName, open, raw, replaceMethod, texts } from '../support/idb.ts'
import { bytesOf, readAll, replayed } from '../support/storage.ts'

describe('reopening', () => {
  test('finds log and snapshot as they were', async () => {
    const name = freshName()
    const first = await open(name)
    const folded = await first.append(bytesOf('folded'))
    const ref = await foldOf(first, 'snapshot', folded)
    await first.append(bytesOf('kept'))
    const { manifest, logBytes } = first
    const usage = await first.usage()
    await first.close()

    const second = await open(name)
    expect(second.manifest).toEqual(manifest)
    expect(second.damage).toEqual([])
    expect(await texts(second, folded)).toEqual(['kept'])
    expect(await readAll(second, [ref])).toEqual([bytesOf('snapshot')])
    // The one record more is that of the new writer.
    expect(second.logBytes - logBytes).toBe(56)
    expect((await second.usage()) - usage).toBe(56)
    await second.close()
  })

  test('many times keeps the order of what was appended', async () => {
    const name = freshName()
    const expected: string[] = []
    for (let i = 0; i < 10; i++) {
      const storage = await open(name)
      expect(await texts(storage, 0)).toEqual(expected)
      for (let j = 0; j < 7; j++) {
        await storage.append(bytesOf(`${i}.${j}`))
        expected.push(`${i}.${j}`)
      }
      await storage.close()
    }
  })

  test('with a large operation and relaxed durability', async () => {
    const name = freshName()
    const first = await openIdbStorage(name, { durability: 'relaxed' })
    const large = new Uint8Array(9 * 2 ** 20).map((_, i) => i * 31)
    await Promise.all([first.append(bytesOf('a')), first.append(large), first.append(bytesOf('b'))])
    await first.close()
    const second = await open(name)
    const operations = await replayed(second, 0)
    expect(operations.map(([, bytes]) => bytes.byteLength)).toEqual([1, large.byteLength, 1])
    expect(operations[1]?.[1].every((byte, i) => byte === large[i])).toBe(true)
    await second.close()
  })

  test('waits for the one who is just closing', async () => {
    const name = freshName()
    const first = await open(name)
    const second = open(name)
    await first.append(bytesOf('a'))
    await first.close()
    expect(await texts(await second, 0)).toEqual(['a'])
    await (await second).close()
  })

  test('is refused while another one keeps it, and can be aborted', async () => {
    const name = freshName()
    const first = await open(name)
    const signal = AbortSignal.timeout(50)
    await expect(openIdbStorage(name, { durability: 'strict', signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    await expect(open(name)).rejects.toMatchObject({ code: 'NOT_LEADER' })
    await first.append(bytesOf('still here'))
    await first.close()
    await (await open(name)).close()
  })
})

describe('group commit', () => {
  test('shares transactions', async () => {
    const storage = await open(freshName())
    let transactions = 0
    const restore = replaceMethod(
      IDBDatabase.prototype,
      'transaction',
      (original) =>
        function (this: IDBDatabase, ...args) {
          transactions++
          return original.apply(this, args)
        },
    )
    try {
      await Promise.all(Array.from({ length: 100 }, (_, i) => storage.append(bytesOf(`${i}`))))
      expect(transactions).toBe(1)
      const first = storage.append(bytesOf('first'))
      await Promise.resolve()
      await Promise.resolve()
      const rest = Array.from({ length: 100 }, (_, i) => storage.append(bytesOf(`later ${i}`)))
      await Promise.all([first, ...rest])
      expect(transactions).toBeLessThanOrEqual(3)
    } finally {
      restore()
    }
    await storage.close()
  })
})

/** Sequence numbers of the claims, by epoch. */
async function claimsOf(db: StorageDatabase): Promise<number[]> {
  const checksum = await loadChecksum()
  const [epochs, values] = await Promise.all([db.getAllKeys('claims'), db.getAll('claims')])
  return values.map((value, i) => decodeClaim(value, epochs[i]!, checksum))
}

describe('folds', () => {
  test('leave two generations, the log the older one needs, and every claim', async () => {
    const name = freshName()
    const claims: number[] = []
    let seqs: number[] = []
    for (let i = 0; i < 4; i++) {
      const storage = await open(name)
      seqs = await Promise.all(['a', 'b', 'c'].map((text) => storage.append(bytesOf(text))))
      claims.push((seqs[0] ?? 0) - 1)
      await foldOf(storage, `${i}`, seqs[1] ?? 0)
      await storage.close()
    }
    await raw(name, async (db) => {
      const manifests = await db.getAllKeys('manifest')
      expect(manifests).toHaveLength(2)
      expect(await db.getAllKeys('segments')).toEqual(manifests.map((g) => [g, 'x', 0]))
      expect(await claimsOf(db)).toEqual(claims)
      const log = await db.getAllKeys('log')
      expect(log).toEqual(expect.arrayContaining(claims))
      // Everything after the older generation's last operation: that of the third round, and the fourth round.
      const olderFolded = (claims[2] ?? 0) + 2
      const expected = [...claims.filter((seq) => seq <= olderFolded)]
      for (let seq = olderFolded + 1; seq <= (seqs[2] ?? 0) + 1; seq++) expected.push(seq)
      expect(log).toEqual(expected)
    })
  })

  test('drop claims of a thousand opens ago, and keep the others', async () => {
    const name = freshName()
    await (await open(name)).close()
    const checksum = await loadChecksum()
    const opens = 1_200
    await raw(name, async (db) => {
      const transaction = db.transaction(['log', 'claims'], 'readwrite')
      for (let seq = 2; seq <= opens; seq++) {
        const record = { ...marker(LogKind.claim), epoch: seq, seq, position: 0 }
        void transaction.objectStore('log').add(encodeLogRecord(record, checksum), seq)
        void transaction.objectStore('claims').add(encodeClaim(seq, checksum), seq)
      }
      await transaction.done
    })
    const storage = await open(name)
    for (let i = 0; i < 3; i++) await foldOf(storage, `${i}`, await storage.append(bytesOf('a')))
    await storage.close()
    await raw(name, async (db) => {
      const claims = await claimsOf(db)
      expect(claims).toEqual(Array.from({ length: 1_000 }, (_, i) => opens + 2 - 1_000 + i))
      expect(await db.getAllKeys('log')).toEqual(expect.arrayContaining(claims))
      expect(await db.count('log', IDBKeyRange.upperBound(opens + 1))).toBe(1_000)
    })
    const again = await open(name)
    expect(again.manifest?.body).toBe('2')
    expect(again.damage).toEqual([])
    await again.close()
  })

  test('that were never committed leave nothing once it is opened again', async () => {
    const name = freshName()
    const first = await open(name)
    const kept = await foldOf(first, 'kept', 0)
    const fold = first.beginFold()
    const large = new Uint8Array(5 * 2 ** 20)
    for (let n = 0; n < 5; n++) await fold.write('leftover', n, large)
    await first.close()
    await raw(name, async (db) => {
      expect((await db.getAllKeys('segments')).length).toBeGreaterThan(1)
    })
    const second = await open(name)
    await raw(name, async (db) => {
      expect(await db.getAllKeys('segments')).toEqual([[kept.generation, 'x', 0]])
    })
    expect(await readAll(second, [kept])).toEqual([bytesOf('kept')])
    await second.close()
  })

  test('spare what a writer that took over meanwhile is writing', async () => {
    const name = freshName()
    await (await open(name)).close()
    const later: [number, string, number] = [10_000, 'of a later writer', 0]
    await raw(name, (db) => db.add('segments', bytesOf('x'), later))
    const storage = await open(name)
    await foldOf(storage, 'snapshot', 0)
    await storage.close()
    expect(await raw(name, (db) => db.getAllKeys('segments'))).toContainEqual(later)
  })

  test('store a view without the buffer behind it', async () => {
    const name = freshName()
    const storage = await open(name)
    const fold = storage.beginFold()
    const ref = await fold.write('x', 0, new Uint8Array(1_000_000).subarray(10, 20))
    await fold.commit({ foldedSeq: 0, chunks: [ref], body: null })
    await raw(name, async (db) => {
      const stored = await db.get('segments', [ref.generation, 'x', 0])
      expect(stored?.buffer.byteLength).toBe(10)
    })
    await storage.close()
  })
})
