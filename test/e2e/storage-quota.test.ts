/** Storage in a browser that says it is full, told so through the DevTools protocol. */
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import type {} from '../fixtures/storage-page/main.ts'
import { serveStorageSite, type StorageSite } from './support/storage-site.ts'

const MiB = 2 ** 20

describe('a full disk', () => {
  let site: StorageSite
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let devtools: CDPSession

  beforeAll(async () => {
    site = await serveStorageSite()
    const executablePath = await findChromium()
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: chromiumFlags,
    })
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
  })
  beforeEach(async () => {
    context = await browser.newContext()
    page = await context.newPage()
    devtools = await context.newCDPSession(page)
    await page.goto(site.url)
    await page.waitForFunction(() => 'openIdbStorage' in window)
    return () => context.close()
  })

  const allow = (quotaSize: number) =>
    devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize })

  test('fails the write that does not fit, stores nothing of it, and writing goes on with room', async () => {
    await allow(12 * MiB)
    const whenFull = await page.evaluate(async () => {
      const storage = await window.openIdbStorage('full', { durability: 'strict' })
      await storage.append(new Uint8Array(3).fill(1))
      const codes: unknown[] = []
      for (const mebibytes of [30, 60]) {
        await storage.append(new Uint8Array(mebibytes * 2 ** 20)).catch((error: unknown) => {
          codes.push((error as { code: unknown }).code)
        })
      }
      const lengths: number[] = []
      for await (const { operation } of storage.replay(0)) lengths.push(operation.byteLength)
      await storage.append(new Uint8Array(5).fill(2))
      await storage.close()
      return { codes, lengths }
    })
    expect(whenFull).toEqual({ codes: ['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED'], lengths: [3] })

    await page.reload()
    await page.waitForFunction(() => 'openIdbStorage' in window)
    await allow(500 * MiB)
    const withRoom = await page.evaluate(async () => {
      const storage = await window.openIdbStorage('full', { durability: 'strict' })
      await storage.append(new Uint8Array(30 * 2 ** 20))
      const lengths: number[] = []
      for await (const { operation } of storage.replay(0)) lengths.push(operation.byteLength)
      return { lengths, damage: storage.damage }
    })
    expect(withRoom).toEqual({ lengths: [3, 5, 30 * MiB], damage: [] })
  })

  test.each([
    { when: 'at once', reopens: false },
    { when: 'after it was opened again', reopens: true },
  ])('takes a deletion all the same, $when', async ({ reopens }) => {
    await allow(8 * MiB)
    const result = await page.evaluate(async (reopens) => {
      let storage = await window.openIdbStorage('full', { durability: 'strict' })
      const codes = new Set<unknown>()
      const events: unknown[] = []
      storage.subscribe((event) => events.push(event))
      const fits = (bytes: Uint8Array): Promise<boolean> =>
        storage.append(bytes).then(
          () => true,
          (error: unknown) => {
            codes.add((error as { code: unknown }).code)
            return false
          },
        )
      for (const size of [65_536, 5_000, 500, 40]) {
        // Random, since browsers compress what they store.
        while (await fits(crypto.getRandomValues(new Uint8Array(size))));
      }
      const before = storage.writable
      if (reopens) {
        await storage.close()
        storage = await window.openIdbStorage('full', { durability: 'strict' })
      }
      const deletion = await storage.append(new Uint8Array(40), { frees: true })
      let last = 0
      for await (const { seq } of storage.replay(0)) last = seq
      await storage.close()
      return { codes: [...codes], before, stored: last === deletion, events: events.length > 0 }
    }, reopens)
    expect(result).toEqual({
      codes: ['QUOTA_EXCEEDED'],
      before: false,
      stored: true,
      events: true,
    })
  })

  test('that holds no third snapshot beside two gives up the oldest', async () => {
    await allow(20 * MiB)
    const read = await page.evaluate(async () => {
      const storage = await window.openIdbStorage('full', { durability: 'strict' })
      const bodies: unknown[] = []
      let bytes = 0
      for (let round = 0; round < 5; round++) {
        const seq = await storage.append(new Uint8Array(100))
        const fold = storage.beginFold()
        const chunks = []
        for (let n = 0; n < 2; n++) {
          const chunk = new Uint8Array(3.5 * 2 ** 20)
          for (let i = 0; i < chunk.byteLength; i += 2 ** 16) {
            crypto.getRandomValues(chunk.subarray(i, i + 2 ** 16))
          }
          chunks.push(await fold.write('all', n, chunk))
        }
        await fold.commit({ foldedSeq: seq, chunks, body: round })
        bodies.push([storage.manifest?.body, storage.manifests.length])
        for await (const { byteLength } of storage.readChunks(chunks)) bytes += byteLength
      }
      await storage.close()
      const again = await window.openIdbStorage('full', { durability: 'strict' })
      const refs = again.manifest?.chunks ?? []
      for await (const { byteLength } of again.readChunks(refs)) bytes += byteLength
      const { damagedChunks, damagedRecords } = await again.verify({})
      bodies.push([again.manifest?.body, damagedChunks.length, damagedRecords.length])
      return { bodies, bytes }
    })
    const bodies = [...Array.from({ length: 5 }, (_, n) => [n, n === 0 ? 1 : 2]), [4, 0, 0]]
    expect(read).toEqual({ bodies, bytes: 6 * 7 * MiB })
  })

  test('fails a fold that does not fit, and the generation before goes on serving', async () => {
    await allow(20 * MiB)
    const result = await page.evaluate(async () => {
      const storage = await window.openIdbStorage('full', { durability: 'strict' })
      const first = storage.beginFold()
      const kept = await first.write('kept', 0, new Uint8Array(2 ** 20).fill(7))
      await first.commit({ foldedSeq: 0, chunks: [kept], body: 'first' })

      const second = storage.beginFold()
      const fill = async () => {
        const chunks = []
        for (let n = 0; n < 16; n++) {
          // Random, since browsers compress what they store.
          const chunk = new Uint8Array(4 * 2 ** 20)
          for (let i = 0; i < chunk.byteLength; i += 2 ** 16) {
            crypto.getRandomValues(chunk.subarray(i, i + 2 ** 16))
          }
          chunks.push(await second.write('new', n, chunk))
        }
        await second.commit({ foldedSeq: 0, chunks, body: 'second' })
      }
      const code = await fill().then(
        () => 'committed',
        (error: unknown) => (error as { code: unknown }).code,
      )
      await second.abandon()

      const chunks: number[] = []
      for await (const chunk of storage.readChunks([kept])) chunks.push(chunk[0] ?? -1)
      const seq = await storage.append(new Uint8Array(100))
      const third = storage.beginFold()
      const small = await third.write('small', 0, new Uint8Array(10))
      await third.commit({ foldedSeq: seq, chunks: [kept, small], body: 'third' })
      return { code, chunks, body: storage.manifest?.body }
    })
    expect(result).toEqual({ code: 'QUOTA_EXCEEDED', chunks: [7], body: 'third' })
  })
})
