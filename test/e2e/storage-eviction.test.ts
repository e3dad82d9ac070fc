/** Site data that is cleared under an open database: it is told, and nothing is written into the next one of that name. */
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import type {} from '../fixtures/storage-page/main.ts'
import { serveStorageSite } from './support/storage-site.ts'

test('what is cleared while it is open says so and answers no more', async () => {
  const site = await serveStorageSite()
  const executablePath = await findChromium()
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: chromiumFlags,
  })
  try {
    const page = await browser.newPage()
    const devtools = await page.context().newCDPSession(page)
    await page.goto(site.url)
    await page.waitForFunction(() => 'openIdbStorage' in window)
    const storage = await page.evaluateHandle(async () => {
      const storage = await window.openIdbStorage('cleared', { durability: 'strict' })
      await storage.append(Uint8Array.of(1))
      const events: unknown[] = []
      storage.subscribe((event) => events.push(event))
      return { storage, events }
    })
    await devtools.send('Storage.clearDataForOrigin', {
      origin: new URL(site.url).origin,
      storageTypes: 'indexeddb',
    })
    await expect
      .poll(() => storage.evaluate(({ events }) => events), { timeout: 20_000 })
      .toEqual([{ type: 'evicted' }, { type: 'failed' }])
    const { code, databases, operations } = await storage.evaluate(async ({ storage }) => {
      const code = await storage.append(Uint8Array.of(2)).then(
        () => 'stored',
        (error: unknown) => (error as { code: unknown }).code,
      )
      const databases = await indexedDB.databases()
      const next = await window.openIdbStorage('cleared', { durability: 'strict' })
      let operations = 0
      for await (const { seq } of next.replay(0)) operations += seq
      await next.close()
      return { code, databases, operations }
    })
    expect({ code, databases, operations }).toEqual({
      code: 'CLOSED',
      databases: [],
      operations: 0,
    })
  } finally {
    await browser.close()
    await site.close()
  }
})
