// A newer build is put on the server after somebody's first visit.

import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { DemoPage, shortly } from './support/demo-page.ts'
import { DemoSite } from './support/demo-site.ts'

const heading = (of: string) => `<h1><label for="meaning">${of}</label></h1>`

let site: DemoSite
let chromium: Chromium
let context: BrowserContext

beforeAll(async () => {
  site = await DemoSite.start()
  chromium = await Chromium.create()
  context = await chromium.start()
})

afterAll(async () => {
  await chromium.remove()
  await site.stop()
})

async function visit(): Promise<DemoPage> {
  const demo = new DemoPage(await context.newPage())
  await demo.page.goto(`${site.url}?limit=1000`)
  await expect.poll(() => demo.stored('Without network').innerText(), shortly).toBe('ready')
  await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe('1,000')
  return demo
}

const title = (demo: DemoPage) => demo.page.getByRole('heading', { level: 1 }).innerText()

test('shows the newer page on the next visit, and from then on without a network too', async () => {
  const first = await visit()
  const older = await title(first)
  const newer = 'Which word means…'
  site.newer.set('/', (page) => page.replace(heading(older), heading(newer)))
  site.newer.set('/service-worker.js', (code) =>
    code.replace(/const VERSION = "\w+"/, 'const VERSION = "newer"'),
  )

  await first.page.reload()
  await expect.poll(() => title(first)).toBe(newer)
  const waiting = () =>
    first.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration()
      return registration?.waiting?.state
    })
  await expect.poll(waiting, shortly).toBe('installed')
  await first.page.close()

  // The newer service worker takes over a moment after the last page of the older one is gone; a page that is opened
  // within that moment is the older one's, and it takes the next visit.
  const visitAgain = async () => {
    const { page } = await visit()
    const kept = await page.evaluate(() => caches.keys())
    await page.close()
    return kept
  }
  await expect.poll(visitAgain, { ...shortly, interval: 1_000 }).toEqual(['quiver-demo-newer'])

  await site.stop()
  const last = new DemoPage(await context.newPage())
  await last.page.goto(site.url)
  expect(await title(last)).toBe(newer)
  await site.start()
})
