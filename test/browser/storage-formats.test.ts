/** Databases that earlier versions wrote, kept for good: each is read as that version told it, written, folded and read again. */
import { type Database, open } from 'quiverdb/local'
import { beforeAll, describe, expect, test } from 'vitest'
import firstFormat from '../fixtures/formats/1.bin?url'
import encryptedFormat from '../fixtures/formats/2-encrypted.bin?url'
import secondFormat from '../fixtures/formats/2.bin?url'
import told from '../fixtures/formats/contents.json?url'
import { type Contents, contentsOf, vectorOf } from '../fixtures/formats/contents.ts'
import { unpack } from '../fixtures/formats/pack.ts'
import { freshName } from '../support/idb.ts'
import { readStored, type Stored, writeStored } from '../support/stored.ts'

const FORMATS = [
  { format: 1, file: firstFormat, key: undefined },
  { format: 2, file: secondFormat, key: undefined },
  // With the passphrase it was made with.
  { format: 2, file: encryptedFormat, key: 'kept for good' },
]

describe.each(FORMATS)('format $format, key $key', ({ format, file, key }) => {
  let stored: Stored
  let contents: Contents
  beforeAll(async () => {
    stored = unpack(new Uint8Array(await (await fetch(file)).arrayBuffer()))
    contents = (await (await fetch(told)).json()) as Contents
  })

  async function put(): Promise<{ name: string; reopen: () => Promise<Database> }> {
    const name = freshName()
    await writeStored(name, stored)
    const encryption = key === undefined ? undefined : { key }
    return { name, reopen: () => open(name, { storage: 'indexeddb', encryption }) }
  }

  test('holds two snapshots and a log after them', () => {
    const of = (store: string) => stored.entries.filter((entry) => entry.store === store)
    expect(of('manifest')).toHaveLength(2)
    expect(of('segments').length).toBeGreaterThan(10)
    expect(of('log').length).toBeGreaterThan(5)
    const { value } = of('meta').find(({ key }) => key === 'header')!
    expect(new TextDecoder().decode(value as Uint8Array)).toContain(`"format":${format}`)
  })

  test('is read as the version that wrote it said it is', async () => {
    const { reopen } = await put()
    const database = await reopen()
    expect(database.status.damage).toEqual([])
    expect(await contentsOf(database)).toEqual(contents)
    await database.close()
  })

  test('is written, folded and read again', async () => {
    const { name, reopen } = await put()
    const first = await reopen()
    const notes = await first.collection('notes “☃”')
    await notes.upsert({ id: 'later', vector: vectorOf(5_000) })
    await first.close()

    const second = await reopen()
    const again = await second.collection('notes “☃”')
    const vectors = Float32Array.from({ length: 3_000 * 8 }, (_, i) => Math.sin(i))
    const ids = Array.from({ length: 3_000 }, (_, n) => `later ${n}`)
    const newest = async () =>
      (await readStored(name)).entries.findLast(({ store }) => store === 'manifest')?.key
    const before = await newest()
    await again.upsert(ids, vectors)
    await expect.poll(newest, { timeout: 60_000, interval: 200 }).not.toBe(before)
    await again.delete(ids)
    await again.delete('later')
    await second.close()

    const third = await reopen()
    expect(third.status.damage).toEqual([])
    expect(await contentsOf(third)).toEqual(contents)
    await third.close()
  })
})
