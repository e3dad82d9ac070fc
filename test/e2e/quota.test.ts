/** A browser that grants less room than is needed, told so through the DevTools protocol. */
import {
  type Browser,
  type BrowserContext,
  type CDPSession,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import type {} from '../fixtures/database-page/main.ts'
import { type BuiltPage, serveBuiltPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'

const MiB = 2 ** 20

describe('a full disk', () => {
  let site: BuiltPage
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let devtools: CDPSession

  beforeAll(async () => {
    site = await serveBuiltPage('database-page')
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
    page = await visit(context)
    devtools = await context.newCDPSession(page)
    return () => context.close()
  })

  const allow = (devtools: CDPSession, quotaSize: number) =>
    devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize })

  async function visit(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    await page.goto(site.url)
    await page.waitForFunction(() => 'databases' in window)
    return page
  }

  test('refuses what does not fit, answers and deletes, and writes again with room', async () => {
    await allow(devtools, 24 * MiB)
    const whenFull = await page.evaluate(async () => {
      const db = await window.databases.open('full')
      const c = await db.collection('c', { dimension: 1_024, index: { type: 'flat' } })
      const write = async (batch: number) => {
        const ids = Array.from({ length: 1_000 }, (_, n) => `${batch}:${n}`)
        const matrix = Float32Array.from({ length: 1_000 * 1_024 }, () => Math.random())
        return c.upsert(ids, matrix)
      }
      let batches = 0
      let code: unknown
      while (code === undefined && batches < 20) {
        await write(batches).then(
          () => batches++,
          (error: unknown) => (code = (error as { code: unknown }).code),
        )
      }
      const counted = await c.count()
      const refused = await c.get(`${batches}:0`)
      const kept = await c.get('0:999')
      const found = await c.search({ id: '0:999' }, { k: 1, include: [] })
      const deleted = await c.delete(['0:0', '0:1'])
      return { batches, code, counted, refused, kept: kept?.id, found: found.length, deleted }
    })
    const { batches } = whenFull
    expect(batches).toBeGreaterThan(1)
    expect(whenFull).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      counted: batches * 1_000,
      refused: undefined,
      kept: '0:999',
      found: 1,
      deleted: 2,
    })

    await page.reload()
    await page.waitForFunction(() => 'databases' in window)
    const counts = await page.evaluate(async () => {
      const db = await window.databases.open('full')
      return (await db.collection('c')).count()
    })
    expect(counts).toBe(batches * 1_000 - 2)
    await allow(devtools, 500 * MiB)
    const withRoom = await page.evaluate(async () => {
      // The same database, not opened again.
      const db = await window.databases.open('full')
      const c = await db.collection('c')
      await c.upsert(['again'], new Float32Array(1_024).fill(1))
      await c.upsert(
        Array.from({ length: 4_000 }, (_, n) => `more:${n}`),
        Float32Array.from({ length: 4_000 * 1_024 }, () => Math.random()),
      )
      return { count: await c.count(), writable: db.status.writable, damage: db.status.damage }
    })
    expect(withRoom).toEqual({
      count: batches * 1_000 - 2 + 1 + 4_000,
      writable: true,
      damage: [],
    })
  })

  test('that grants nothing at all lets it be read, and written as soon as it does', async () => {
    // A browser remembers for half a minute what room there was; one that was started again does not.
    const started = await Chromium.create()
    try {
      const before = await visit(await started.start())
      await before.evaluate(async () => {
        const db = await window.databases.open('none')
        const c = await db.collection('c', { dimension: 2 })
        await c.upsert({ id: 'a', vector: [1, 2], text: 'kept' })
        await db.close()
      })
      await started.kill()

      const context = await started.start()
      const page = await context.newPage()
      const devtools = await context.newCDPSession(page)
      await allow(devtools, 1)
      await page.goto(site.url)
      await page.waitForFunction(() => 'databases' in window)
      const write = () =>
        page.evaluate(async () => {
          const db = await window.databases.open('none')
          const c = await db.collection('c')
          return c.upsert({ id: 'b', vector: [1, 2] }).then(
            () => 'written',
            (error: unknown) => (error as { code: unknown }).code,
          )
        })
      expect(await write()).toBe('QUOTA_EXCEEDED')
      const kept = await page.evaluate(async () => {
        const db = await window.databases.open('none')
        const c = await db.collection('c')
        return {
          text: (await c.get('a'))?.text,
          count: await c.count(),
          writable: db.status.writable,
        }
      })
      expect(kept).toEqual({ text: 'kept', count: 1, writable: false })
      await allow(devtools, 500 * MiB)
      await expect.poll(write, { timeout: 60_000, interval: 500 }).toBe('written')
    } finally {
      await started.remove()
    }
  })
})
