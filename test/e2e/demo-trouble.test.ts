// What the demo says and does when something is in its way.

import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { DemoPage, shortly } from './support/demo-page.ts'
import { DemoSite } from './support/demo-site.ts'

let site: DemoSite
let chromium: Chromium
let context: BrowserContext

beforeEach(async () => {
  site = await DemoSite.start()
  chromium = await Chromium.create()
  context = await chromium.start()
})

afterEach(async () => {
  await chromium.remove()
  await site.stop()
})

async function visit(address: string): Promise<DemoPage> {
  const demo = new DemoPage(await context.newPage())
  await demo.page.goto(site.url + address)
  return demo
}

const problem = (page: Page, title: string) =>
  page.getByRole('alert').getByRole('heading', { name: title }).waitFor(shortly)

const tryAgain = (page: Page) => page.getByRole('button', { name: 'Try again' }).click()

test('the network goes away while indexing: what is in stays, and it goes on later', async () => {
  const demo = await visit('?limit=30000')
  await demo.waitForAcknowledged(3_000)
  await site.stop()
  await problem(demo.page, 'The definitions could not be loaded')
  await demo.ask('a human being')
  expect((await demo.words())[0]).toContain('person')

  await site.start()
  await tryAgain(demo.page)
  await demo.waitForAll()
  await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe('30,000')
})

test('the disk is full: what is in stays, and it goes on when there is room', async () => {
  const demo = new DemoPage(await context.newPage())
  const devtools = await context.newCDPSession(demo.page)
  const allow = (megabytes: number) =>
    devtools.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(site.url).origin,
      quotaSize: megabytes * 1e6,
    })
  await allow(20)
  await demo.page.goto(`${site.url}?limit=30000`)
  await problem(demo.page, 'There is no more room')
  await demo.ask('a human being')
  expect((await demo.words())[0]).toContain('person')

  await allow(1_000)
  await tryAgain(demo.page)
  await demo.waitForAll()
  await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe('30,000')
})

test('two tabs have it open: both search, and the other goes on when one is closed', async () => {
  const first = await visit('?limit=1000')
  await first.waitForAll()
  const second = await visit('?limit=1000')
  await second.ask('a human being')
  await expect.poll(() => first.stored('Held').innerText(), shortly).toBe('by this tab')
  await expect.poll(() => second.stored('Held').innerText(), shortly).toBe('by another tab')
  await first.page.close()
  await expect.poll(() => second.stored('Held').innerText(), shortly).toBe('by this tab')
  await second.ask('a large animal')
  expect((await second.words()).length).toBeGreaterThan(0)
})

test('an entry nobody knows: says so, and a search is the way out', async () => {
  const demo = await visit('?limit=1000&like=noun99')
  await demo.waitForAll()
  await problem(demo.page, 'That entry is not here')
  await demo.ask('a human being')
  expect(await demo.page.getByRole('alert').isVisible()).toBe(false)
})

test('deleted from the device: nothing is left of it until it is indexed again', async () => {
  const demo = await visit('?limit=1000')
  await demo.waitForAll()
  const databases = () =>
    demo.page.evaluate(async () => {
      const all = await indexedDB.databases()
      return all.map(({ name }) => name)
    })
  expect(await databases()).toHaveLength(1)
  demo.page.once('dialog', (dialog) => void dialog.accept())
  await demo.page.getByRole('button', { name: 'Delete from this device' }).click()
  await demo.page.getByRole('heading', { name: 'The dictionary is deleted' }).waitFor()
  expect(await databases()).toEqual([])

  await demo.page.getByRole('button', { name: 'Index it again' }).click()
  await demo.waitForAll()
  await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe('1,000')
})
