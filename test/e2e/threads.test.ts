/** Threads where the page may share memory, and one everywhere else, without a word. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {} from '../fixtures/threads-page/main.ts'
import { Chromium } from './support/chromium.ts'
import { serveThreadsSite, type ThreadsSite } from './support/threads-site.ts'

let site: ThreadsSite
let chromium: Chromium
let context: BrowserContext

beforeAll(async () => {
  site = await serveThreadsSite()
  chromium = await Chromium.create()
  context = await chromium.start()
})

afterAll(async () => {
  await chromium.remove()
  await site.close()
})

interface Visit {
  readonly page: Page
  /** How many threads there may be at most. */
  readonly threads: number
  /** What the page said on its console or threw. */
  readonly complaints: string[]
}

async function visit(url: string): Promise<Visit> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  await page.waitForFunction(() => 'quiver' in window)
  const threads = await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 8))
  return { page, threads, complaints }
}

/** What computes, by the statistics of a database that had a graph to build, once they say `expected`, or after a while. */
function buildSaid(page: Page, expected: string): Promise<string> {
  return page.evaluate(async (expected) => {
    const db = await window.quiver.open('threads', { storage: 'memory' })
    const vectors = await db.collection('v', { dimension: 4, index: { type: 'hnsw' } })
    const end = performance.now() + 30_000
    const ids = Array.from({ length: 1_000 }, (_, n) => String(n))
    for (;;) {
      await vectors.upsert(ids, Float32Array.from({ length: 4_000 }, Math.random))
      const { build } = await vectors.stats()
      if (build === expected || performance.now() > end) {
        await db.close()
        return build
      }
    }
  }, expected)
}

describe('on a page that is cross-origin isolated', () => {
  test('helpers take their share, and answers stay what they were', async ({ skip }) => {
    const { page, threads, complaints } = await visit(site.isolated)
    skip(threads < 2, 'one core has no threads to share work among')
    const { off, before, after, taken, found } = await page.evaluate(() =>
      window.quiver.runEngine(),
    )
    expect({ off, before, after }).toEqual({
      off: 'wasm relaxed-simd',
      before: 'wasm relaxed-simd',
      after: `wasm relaxed-simd, ${threads} threads`,
    })
    expect(taken).toHaveLength(threads)
    expect(Math.min(...taken)).toBeGreaterThan(0)
    expect(taken.reduce((sum, items) => sum + items)).toBe(1_000_000)
    expect(found.auto).toEqual(found.off)
    expect(found.loaded).toEqual(found.auto)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('the package, bundled, calls them when it builds a graph', async ({ skip }) => {
    const { page, threads, complaints } = await visit(site.isolated)
    skip(threads < 2, 'one core has no threads to share work among')
    const expected = `wasm relaxed-simd, ${threads} threads`
    expect(await buildSaid(page, expected)).toBe(expected)
    expect(complaints).toEqual([])
    await page.close()
  })

  test.for([
    ['the build', /core_threads/],
    ['the helpers', /thread\.worker/],
  ] as const)('one thread does it all where %s cannot be read', async ([, paths], { skip }) => {
    const withheld = site.withhold(paths)
    const { page, threads } = await visit(site.isolated)
    skip(threads < 2, 'one core has no threads to share work among')
    while (withheld.length === 0) await buildSaid(page, 'wasm relaxed-simd')
    expect(await buildSaid(page, 'wasm relaxed-simd')).toBe('wasm relaxed-simd')
    site.withhold(undefined)
    await page.close()
  })
})

test('on any other page one thread does it all, without a word', async () => {
  const { page, complaints } = await visit(site.plain)
  const { before, after, found } = await page.evaluate(() => window.quiver.runEngine())
  expect({ before, after }).toEqual({ before: 'wasm relaxed-simd', after: 'wasm relaxed-simd' })
  expect(found.auto).toEqual(found.off)
  expect(await buildSaid(page, 'wasm relaxed-simd')).toBe('wasm relaxed-simd')
  expect(complaints).toEqual([])
  await page.close()
})
