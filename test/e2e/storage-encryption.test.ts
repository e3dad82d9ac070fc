/** The files of a browser that was killed: nothing of an encrypted database is in them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {} from '../fixtures/storage-page/main.ts'
import { Chromium } from './support/chromium.ts'
import { serveStorageSite, type StorageSite } from './support/storage-site.ts'

let site: StorageSite
let chromium: Chromium

beforeAll(async () => {
  site = await serveStorageSite()
  chromium = await Chromium.create()
})

afterAll(async () => {
  await chromium.remove()
  await site.close()
})

/** Writes `mark` wherever a storage takes bytes, and closes only some of the databases. */
async function write(name: string, mark: string, passphrase: string | undefined): Promise<void> {
  const context = await chromium.start()
  const page = await context.newPage()
  await page.goto(site.url)
  await page.waitForFunction(() => 'openIdbStorage' in window)
  await page.evaluate(
    async ({ name, mark, passphrase }) => {
      const encryption = passphrase === undefined ? undefined : { key: passphrase }
      const storage = await window.openIdbStorage(name, { durability: 'strict', encryption })
      const bytes = new TextEncoder().encode(mark)
      const padded = new Uint8Array(200_000)
      padded.set(bytes, 150_000)
      for (let i = 0; i < 3; i++) {
        const seq = await storage.append(bytes)
        const fold = storage.beginFold()
        const refs = [await fold.write('small', 0, bytes), await fold.write('large', 0, padded)]
        await fold.commit({ foldedSeq: seq, chunks: refs, body: { mark } })
      }
      await storage.append(padded)
      await storage.append(bytes)
    },
    { name, mark, passphrase },
  )
  await chromium.kill()
}

/** Files that hold the text, in UTF-8 or as JavaScript strings are kept in memory. */
async function filesWith(text: string): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(chromium.profile, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name))
    const texts = [Buffer.from(text), Buffer.from(text, 'utf16le')]
    if (texts.some((each) => bytes.includes(each))) found.push(entry.name)
  }
  return found
}

test('hold what is not encrypted, and nothing of what is', async () => {
  // Random, since browsers compress what they store.
  const [open, secret, passphrase] = Array.from({ length: 3 }, () => crypto.randomUUID())
  await write('open', open!, undefined)
  await write('secret', secret!, passphrase)
  expect(await filesWith(open!)).not.toEqual([])
  expect(await filesWith(secret!)).toEqual([])
  expect(await filesWith(passphrase!)).toEqual([])
})
