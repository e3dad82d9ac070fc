/** The browser killed in the middle of a write to its own journal: what is acknowledged afterwards stays. */
import { stat, truncate } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {} from '../fixtures/database-page/main.ts'
import { type BuiltPage, serveBuiltPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'

let site: BuiltPage

beforeAll(async () => {
  site = await serveBuiltPage('database-page')
})

afterAll(() => site.close())

/** Starts the browser, writes one record and kills it. @returns how many there were before */
async function writeOne(chromium: Chromium): Promise<number> {
  const context = await chromium.start()
  const page = await context.newPage()
  await page.goto(site.url)
  await page.waitForFunction(() => 'databases' in window)
  const before = await page.evaluate(async () => {
    const db = await window.databases.open('torn')
    const c = await db.collection('c', { dimension: 2 })
    const before = await c.count()
    await c.upsert({ id: String(before), vector: [1, before], text: 'x'.repeat(40_000) })
    return before
  })
  await chromium.kill()
  return before
}

/** Takes so many bytes off what was written last. */
async function tear(chromium: Chromium, bytes: number): Promise<void> {
  const files = await chromium.indexedDbFiles()
  const journal = files
    .filter((file) => file.endsWith('.log'))
    .sort()
    .at(-1)!
  const { size } = await stat(journal)
  await truncate(journal, size - bytes)
}

test.each([3, 20, 30_000])('with %i bytes cut off', async (bytes) => {
  const chromium = await Chromium.create()
  try {
    for (let n = 0; n < 3; n++) expect(await writeOne(chromium)).toBe(n)
    await tear(chromium, bytes)
    const left = await writeOne(chromium)
    expect(left).toBeGreaterThanOrEqual(2)
    for (let n = 1; n <= 3; n++) expect(await writeOne(chromium)).toBe(left + n)
  } finally {
    await chromium.remove()
  }
})
