/** The browser's process killed while a page writes and folds: what was acknowledged is there, once, in order, whole. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {} from '../fixtures/storage-page/main.ts'
import { Chromium } from './support/chromium.ts'
import { serveStorageSite, type StorageSite } from './support/storage-site.ts'

const KILLS = 6

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

async function visit(): Promise<Page> {
  const context = await chromium.start()
  const page = await context.newPage()
  await page.goto(site.url)
  await page.waitForFunction(() => 'openIdbStorage' in window)
  return page
}

/** The numbers of all operations that are stored: those in the snapshot, then those in the log. */
function stored(page: Page): Promise<{ numbers: number[]; damage: readonly unknown[] }> {
  return page.evaluate(async () => {
    const storage = await window.openIdbStorage('killed', { durability: 'strict' })
    const numbers: number[] = []
    for await (const chunk of storage.readChunks(storage.manifest?.chunks ?? [])) {
      numbers.push(...new Uint32Array(chunk.slice().buffer))
    }
    for await (const { operation } of storage.replay(storage.manifest?.foldedSeq ?? 0)) {
      const [number, length, ...filling] = new Uint32Array(operation.slice().buffer)
      if (filling.length !== length || filling.some((value) => value !== number)) {
        throw new Error(`operation ${number} is torn`)
      }
      numbers.push(number ?? -1)
    }
    const { damage } = storage
    await storage.close()
    return { numbers, damage }
  })
}

/** Appends without end, three at a time, and folds all the while. Says the number of each operation once it is durable. */
function write(page: Page, from: number): Promise<void> {
  return page.evaluate(async (from) => {
    const storage = await window.openIdbStorage('killed', { durability: 'strict' })
    const numbers = Array.from({ length: from }, (_, number) => number)
    let next = from
    const append = async () => {
      const number = next++
      // Up to 2 KiB, and now and then so much that it takes several records.
      const length = number % 20 === 7 ? 1_300_000 : Math.floor(Math.random() * 500)
      const operation = new Uint32Array(length + 2).fill(number)
      operation[1] = length
      const seq = await storage.append(new Uint8Array(operation.buffer))
      numbers.push(number)
      console.log('durable', number)
      return seq
    }
    for (;;) {
      const seqs = await Promise.all([append(), append(), append()])
      const fold = storage.beginFold()
      const chunk = new Uint8Array(Uint32Array.from(numbers).buffer)
      const ref = await fold.write('numbers', 0, chunk)
      const content = { foldedSeq: Math.max(...seqs), chunks: [ref], body: null }
      await Promise.all([fold.commit(content), append()])
    }
  }, from)
}

test('keeps every acknowledged operation', async () => {
  let acknowledged = -1
  let written = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const page = await visit()
    const { numbers, damage } = await stored(page)
    expect(damage).toEqual([])
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, number) => number))
    expect(numbers.length).toBeGreaterThan(acknowledged)
    written = numbers.length

    page.on('console', (message) => {
      const [, number] = /^durable (\d+)$/.exec(message.text()) ?? []
      if (number !== undefined) acknowledged = Number(number)
    })
    const begun = acknowledged
    // Ends when the page does.
    const writing = write(page, written).catch(() => undefined)
    await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(begun)
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 1_500))
    await chromium.kill()
    await writing
  }
  const { numbers } = await stored(await visit())
  expect(numbers.length).toBeGreaterThan(acknowledged)
  expect(written).toBeGreaterThan(KILLS)
})
