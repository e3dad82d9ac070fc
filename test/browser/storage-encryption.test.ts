/** Encryption at rest: the contract holds, the wrong key is refused before anything is written, and nothing can be read. */
import { open as openDatabase } from 'quiverdb'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeHeader } from '../../src/storage/codec/header.ts'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import { openIdbStorage } from '../../src/storage/idb/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { storageContract } from '../contract/storage.ts'
import { flipBit, foldOf, freshName, open, raw, texts } from '../support/idb.ts'
import { bytesOf, readAll } from '../support/storage.ts'
import { readStored, storedNames } from '../support/stored.ts'

function newKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

function openWith(name: string, key: CryptoKey | string): Promise<Storage> {
  return openIdbStorage(name, { durability: 'relaxed', encryption: { key } })
}

let key: CryptoKey
beforeAll(async () => {
  key = await newKey()
})

describe('encrypted', () => {
  storageContract('indexeddb', (name) => openWith(`encrypted ${name}`, key))

  /** A store with something in every place. */
  async function fill(name: string, key: CryptoKey | string): Promise<void> {
    const storage = await openWith(name, key)
    await foldOf(storage, 'a secret snapshot', await storage.append(bytesOf('folded secret')))
    await storage.append(bytesOf('logged secret'))
    await storage.close()
  }

  test.each(['key', 'passphrase'])('comes back with the same %s', async (kind) => {
    const name = freshName()
    const secret = kind === 'key' ? key : 'correct horse, naïve ☃'
    await fill(name, secret)
    const storage = await openWith(name, secret)
    expect(storage.damage).toEqual([])
    expect(storage.manifest).toMatchObject({ body: 'a secret snapshot' })
    expect(await readAll(storage, storage.manifest?.chunks ?? [])).toEqual([
      bytesOf('a secret snapshot'),
    ])
    expect(await texts(storage, storage.manifest?.foldedSeq ?? 0)).toEqual(['logged secret'])
    expect(await storage.verify({})).toMatchObject({ damagedChunks: [], damagedRecords: [] })
    await storage.close()
  })

  test('a passphrase is the same however its letters are composed', async () => {
    const name = freshName()
    await fill(name, 'nai\u0308ve')
    await (await openWith(name, 'na\u00efve')).close()
  })

  test('the wrong key, the wrong kind and none at all are WRONG_KEY, without a byte changed', async () => {
    const other = await newKey()
    for (const right of [key, 'right']) {
      const name = freshName()
      await fill(name, right)
      const before = await readStored(name)
      for (const wrong of [other, 'wrong']) {
        await expect(openWith(name, wrong)).rejects.toMatchObject({ code: 'WRONG_KEY' })
      }
      await expect(open(name)).rejects.toMatchObject({ code: 'WRONG_KEY' })
      expect(await readStored(name)).toEqual(before)
      await (await openWith(name, right)).close()
    }
  })

  test('a key for what is not encrypted is refused, and what is no key too', async () => {
    const name = freshName()
    await (await open(name)).close()
    await expect(openWith(name, key)).rejects.toMatchObject({ code: 'OPTIONS_MISMATCH' })
    const halfKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
    ])
    for (const bad of ['', halfKey, 7 as never, {} as never]) {
      const fresh = freshName()
      await expect(openWith(fresh, bad)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      expect(await storedNames()).not.toContain(`quiver:${fresh}`)
    }
  })

  test('nothing of what was written can be read', async () => {
    const name = freshName()
    await fill(name, key)
    const { entries } = await readStored(name)
    expect(entries.length).toBeGreaterThan(6)
    for (const { key: place, value } of entries) {
      const text = `${JSON.stringify(place)} ${new TextDecoder().decode(value as Uint8Array)}`
      expect(text).not.toContain('secret')
    }
  })

  test('the same bytes never look the same twice', async () => {
    const name = freshName()
    const storage = await openWith(name, key)
    const seqs = [await storage.append(bytesOf('twice')), await storage.append(bytesOf('twice'))]
    await storage.close()
    const [a, b] = await raw(name, (db) => Promise.all(seqs.map((seq) => db.get('log', seq))))
    expect(a!.slice(40)).not.toEqual(b!.slice(40))
  })

  test('a chunk that was moved, or changed, is damaged', async () => {
    const name = freshName()
    const first = await openWith(name, key)
    const fold = first.beginFold()
    const a = await fold.write('a', 0, bytesOf('same'))
    const b = await fold.write('b', 0, bytesOf('same'))
    await fold.commit({ foldedSeq: 0, chunks: [a, b], body: null })
    await first.close()
    await raw(name, async (db) => {
      const other = await db.get('segments', [b.generation, 'b', 0])
      await db.put('segments', other!, [a.generation, 'a', 0])
    })
    await flipBit(name, 'segments', [b.generation, 'b', 0])
    const second = await openWith(name, key)
    expect(await second.readChunk(a)).toBeUndefined()
    expect(await second.readChunk(b)).toBeUndefined()
    expect((await second.verify({})).damagedChunks).toEqual([a, b])
    await second.close()
  })

  test('the header says how, for older versions to refuse', async () => {
    const name = freshName()
    await fill(name, 'passphrase')
    const checksum = await loadChecksum()
    const header = decodeHeader(await raw(name, (db) => db.get('meta', 'header')), checksum)
    expect(header.readerFlags).toEqual(['encrypted'])
    expect(header.encryption).toMatchObject({ kdf: 'PBKDF2-SHA-256', iterations: 600_000 })
  })
})

describe('an encrypted database', () => {
  const MARKS = ['zebra-id', 'zebra text', 'zebra_field', 'zebra value', 'zebra collection']

  async function fillThrough(name: string, encryption: { key: CryptoKey | string }) {
    const database = await openDatabase(name, { encryption })
    const collection = await database.collection('zebra collection', {
      dimension: 4,
      fields: { zebra_field: 'keyword' },
    })
    await collection.upsert(
      Array.from({ length: 1_500 }, (_, n) => ({
        id: `zebra-id ${n}`,
        text: 'zebra text '.repeat(5),
        vector: [1.5, 2.5, 3.5, n],
        zebra_field: 'zebra value',
      })),
    )
    return database
  }

  test.each(['key', 'passphrase'])('by %s is one through the worker too', async (kind) => {
    const name = freshName()
    const encryption = { key: kind === 'key' ? key : 'a passphrase' }
    const database = await fillThrough(name, encryption)
    await expect
      .poll(
        async () => (await readStored(name)).entries.some(({ store }) => store === 'manifest'),
        {
          timeout: 60_000,
        },
      )
      .toBe(true)
    const late = await database.collection('zebra collection')
    await late.upsert({ id: 'zebra-id late', vector: [1, 2, 3, 4] })

    await expect(openDatabase(name, { encryption: { key: 'wrong' } })).rejects.toMatchObject({
      code: 'WRONG_KEY',
    })
    await expect(openDatabase(name)).rejects.toMatchObject({ code: 'WRONG_KEY' })
    const second = await openDatabase(name, { encryption })
    await second.close()
    await database.close()

    const vector = new Uint8Array(Float32Array.of(1.5, 2.5, 3.5).buffer)
    const marks = [...MARKS, String.fromCharCode(...vector)]
    for (const { key: place, value } of (await readStored(name)).entries) {
      const bytes = Array.from(value as Uint8Array, (byte) => String.fromCharCode(byte)).join('')
      for (const mark of marks)
        expect(`${JSON.stringify(place)} ${bytes}`.includes(mark)).toBe(false)
    }

    const again = await openDatabase(name, { encryption })
    const collection = await again.collection('zebra collection')
    expect(await collection.count()).toBe(1_501)
    expect(await collection.get('zebra-id 7')).toMatchObject({ zebra_field: 'zebra value' })
    await again.close()
  })

  test('takes nothing but an object for its options', async () => {
    for (const encryption of [null, 'passphrase', {}, { key: 1 }]) {
      const opened = openDatabase(freshName(), { encryption: encryption as never })
      await expect(opened).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
  })
})
