// The demo in use: by keyboard, by screen reader, on a phone, in light and dark.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type Axe from 'axe-core'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { DemoPage, shortly } from './support/demo-page.ts'
import { DemoSite } from './support/demo-site.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Enough to find something, few enough to be there at once. */
const limit = 3_000

let site: DemoSite
let chromium: Chromium
let context: BrowserContext
let demo: DemoPage
let requestedElsewhere: string[]

beforeAll(async () => {
  site = await DemoSite.start()
  chromium = await Chromium.create()
  context = await chromium.start()
  requestedElsewhere = []
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(site.url) && !url.startsWith('data:')) requestedElsewhere.push(url)
  })
})

afterAll(async () => {
  await chromium.remove()
  await site.stop()
})

beforeEach(async () => {
  demo = new DemoPage(await context.newPage())
  await visit()
})

afterEach(async () => {
  await demo.page.close()
})

async function visit(question = '') {
  await demo.page.goto(`${site.url}?limit=${limit}${question}`)
  await expect
    .poll(() => demo.stored('Definitions').innerText(), shortly)
    .toBe(limit.toLocaleString('en'))
}

const focused = () => demo.page.locator(':focus')

test('is used by keyboard alone', async () => {
  const { keyboard } = demo.page
  await demo.page.getByRole('radio', { name: 'Light' }).focus()
  await keyboard.press('/')
  expect(await focused().getAttribute('id')).toBe('meaning')
  await keyboard.type('a human being')
  await demo.page.getByRole('list', { name: 'Words for “a human being”' }).waitFor()

  const words = (await demo.words()).map(([word]) => word)
  await keyboard.press('ArrowDown')
  expect(await focused().getAttribute('aria-label')).toContain(`More like this: ${words[0]},`)
  await keyboard.press('ArrowDown')
  expect(await focused().getAttribute('aria-label')).toContain(`More like this: ${words[1]},`)
  await keyboard.press('Enter')
  await demo.page.getByRole('list', { name: `More like “${words[1]}”` }).waitFor()
  expect(await focused().innerText()).toContain(`More like ${words[1]}`)

  await keyboard.press('Escape')
  expect(await focused().getAttribute('id')).toBe('meaning')
  await keyboard.press('Escape')
  await demo.page.getByRole('list', { name: 'Words for “a human being”' }).waitFor()
  await keyboard.press('Escape')
  await demo.page.getByRole('heading', { name: 'Try one' }).waitFor()
  expect(await demo.meaning.inputValue()).toBe('')
})

test('says aloud what was found', async () => {
  await demo.ask('a human being')
  const [first] = await demo.words()
  const spoken = demo.page.locator('#announcements')
  await expect
    .poll(() => spoken.innerText())
    .toContain(`Words for “a human being”: 10, closest ${first?.[0]},`)
})

test('finds more like an entry, without that entry, and goes back', async () => {
  await demo.ask('a human being')
  const [id] = await demo.ids()
  await demo.page.getByRole('button', { name: /^More like this: person, a human being/ }).click()
  await demo.page.getByRole('list', { name: 'More like “person”' }).waitFor()
  expect(await demo.ids()).toHaveLength(10)
  expect(await demo.ids()).not.toContain(id)

  await demo.page.goBack()
  await demo.page.getByRole('list', { name: 'Words for “a human being”' }).waitFor()
  expect((await demo.ids())[0]).toBe(id)
})

test('shows only the chosen part of speech, and more of it', async () => {
  await demo.ask('to walk')
  await demo.page.getByRole('radio', { name: 'Verbs', exact: true }).check({ force: true })
  await expect.poll(async () => (await demo.ids()).every((id) => id.startsWith('verb'))).toBe(true)
  await demo.page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => demo.entries.count()).toBe(20)
  expect((await demo.ids()).every((id) => id.startsWith('verb'))).toBe(true)
})

test('keeps the question in the address', async () => {
  await demo.ask('a human being')
  const url = new URL(demo.page.url())
  expect(url.searchParams.get('q')).toBe('a human being')
  await visit('&q=a+human+being&pos=noun')
  await demo.page.getByRole('list', { name: 'Words for “a human being”' }).waitFor()
  expect(await demo.meaning.inputValue()).toBe('a human being')
  expect(await demo.page.getByRole('radio', { name: 'Nouns' }).isChecked()).toBe(true)
})

test('answers the last question when typing is faster than searching', async () => {
  await demo.meaning.pressSequentially('the organ that pumps blood through the body', { delay: 5 })
  const last = 'Words for “the organ that pumps blood through the body”'
  await demo.page.getByRole('list', { name: last }).waitFor()
  await demo.page.waitForTimeout(500)
  expect(await demo.page.getByRole('list', { name: last }).isVisible()).toBe(true)
})

test.for(['light', 'dark'] as const)('offends no rule of axe, in %s', async (colorScheme) => {
  await demo.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await demo.page.evaluate(axe)
  const violations = async () =>
    demo.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof Axe }
      const results = await axe.run()
      return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join()}`)
    })
  expect(await violations()).toEqual([])
  await demo.ask('a human being')
  expect(await violations()).toEqual([])
  await demo.page.getByRole('button', { name: /^More like this: person, a human being/ }).click()
  await demo.page.getByRole('list', { name: 'More like “person”' }).waitFor()
  expect(await violations()).toEqual([])
})

test('follows the system into the dark, unless somebody chooses', async () => {
  const background = () => demo.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await demo.page.emulateMedia({ colorScheme: 'light' })
  const light = await background()
  await demo.page.emulateMedia({ colorScheme: 'dark' })
  const dark = await background()
  expect(dark).not.toBe(light)
  await demo.page.getByRole('radio', { name: 'Light' }).check({ force: true })
  expect(await background()).toBe(light)
  await demo.page.reload()
  expect(await background()).toBe(light)
  await demo.page.getByRole('radio', { name: 'Auto' }).check({ force: true })
  expect(await background()).toBe(dark)
})

test('fits a phone', async () => {
  await demo.page.setViewportSize({ width: 320, height: 640 })
  const overflow = () => demo.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(await overflow()).toBeLessThanOrEqual(0)
  await demo.ask('a chemical element')
  expect(await overflow()).toBeLessThanOrEqual(0)
})

test('asks nobody else for anything', () => {
  expect(requestedElsewhere).toEqual([])
})
