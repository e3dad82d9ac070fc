/**
 * Killed while it writes and folds, through the public API: the browser's process, the page's, the worker; or only closed.
 * What was acknowledged is there, and nothing is torn. Of a power cut a killed process shows nothing.
 */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {} from '../fixtures/database-page/main.ts'
import { LONG, sayHowFar, times } from '../support/torture.ts'
import { type BuiltPage, serveBuiltPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'
import { Ledger } from './support/ledger.ts'
import { crash, KINDS, Victim } from './support/victim.ts'

const KILLS = times({ short: 12, full: 500 })
/** So often it is killed while it opens. */
const OPENING_EVERY = 5
const LEADERS = times({ short: 4, full: 200 })
const KILLS_WHILE_GROWING = times({ short: 3, full: 60 })
/** Of 2 MB each: from 20 MB to 100. */
const FIRST_BATCHES = 10
const LAST_BATCHES = 50

let site: BuiltPage

beforeAll(async () => {
  site = await serveBuiltPage('database-page')
})

afterAll(() => site.close())

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('keeps every acknowledged write', { timeout: LONG }, async () => {
  const victim = await Victim.create(site.url, 'randomWrites')
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      sayHowFar('kills', kill, KILLS)
      const kind = KINDS[kill % KINDS.length]!
      if (kill % OPENING_EVERY === OPENING_EVERY - 1) {
        await victim.page()
        victim.open('killed').catch(() => undefined)
        await sleep(Math.random() * 150)
      } else {
        const { ledger, failures } = victim
        const wrong = ledger.settle(await victim.open('killed'))
        expect([...wrong, ...failures], `after ${kill} kills`).toEqual([])
        const before = ledger.acknowledged
        await victim.write(kill * 100_000)
        await expect.poll(() => ledger.acknowledged, { timeout: 60_000 }).toBeGreaterThan(before)
        await sleep(Math.random() * 800)
      }
      await victim.kill(kind)
    }
    expect(victim.ledger.settle(await victim.open('killed'))).toEqual([])
    expect(victim.failures).toEqual([])
    console.info(`${KILLS} kills, ${victim.ledger.acknowledged} acknowledged writes`)
  } finally {
    await victim.remove()
  }
})

test('keeps what is stored while it grows from 20 to 100 MB', { timeout: LONG }, async () => {
  const victim = await Victim.create(site.url, 'growth')
  try {
    let database = 'grown-0'
    for (let kill = 0; kill < KILLS_WHILE_GROWING; kill++) {
      sayHowFar('kills while it grows', kill, KILLS_WHILE_GROWING)
      const stored = await victim.open(database)
      expect([...victim.ledger.settle(stored), ...victim.failures]).toEqual([])
      const batches = Object.keys(stored).length
      if (batches >= LAST_BATCHES) {
        await victim.kill('close')
        const page = await victim.page()
        await page.evaluate((name) => window.databases.deleteDatabase(name), database)
        victim.ledger = new Ledger()
        database = `grown-${kill}`
        await victim.open(database)
      }
      const least = batches >= LAST_BATCHES ? FIRST_BATCHES : Math.max(batches + 1, FIRST_BATCHES)
      await victim.write(0)
      const { ledger } = victim
      await expect.poll(() => ledger.known, { timeout: 120_000 }).toBeGreaterThanOrEqual(least)
      await sleep(Math.random() * 1_500)
      await victim.kill('process')
    }
    expect(victim.ledger.settle(await victim.open(database))).toEqual([])
  } finally {
    await victim.remove()
  }
})

test(
  'keeps what a tab wrote through another that is gone right after',
  { timeout: LONG },
  async () => {
    const chromium = await Chromium.create()
    try {
      const context = await chromium.start()
      const visit = async () => {
        const page = await context.newPage()
        await page.goto(site.url)
        await page.waitForFunction(() => 'databases' in window)
        return page
      }
      /** Writes the `n`-th record. @returns this tab's role, and how many are there */
      const write = (page: Page, n: number) =>
        page.evaluate(async (n) => {
          const db = await window.databases.open('led')
          const c = await db.collection('c', { dimension: 1, metric: 'l2' })
          await c.upsert({ id: String(n), vector: [n] })
          return db.status.role
        }, n)
      const count = (page: Page) =>
        page.evaluate(async () =>
          (await (await window.databases.open('led')).collection('c')).count(),
        )

      let leader = await visit()
      expect(await write(leader, 0)).toBe('leader')
      for (let n = 1; n <= LEADERS; n++) {
        sayHowFar('leaders gone', n, LEADERS)
        const follower = await visit()
        expect(await write(follower, n)).toBe('follower')
        if (n % 2) await leader.close()
        else await crash(leader)
        expect(await count(follower)).toBe(n + 1)
        leader = follower
      }
      await leader.close()
      expect(await count(await visit())).toBe(LEADERS + 1)
    } finally {
      await chromium.remove()
    }
  },
)
