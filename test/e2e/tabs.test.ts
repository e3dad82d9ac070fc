/** Tabs that share a database, in pages of a real browser: the leader is closed, crashed, stopped, frozen. */
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadChecksum } from '../../src/storage/codec/checksum.ts'
import { decodeLogRecord, LogKind } from '../../src/storage/codec/log-record.ts'
import { decodeWrite } from '../../src/storage/operations.ts'
import { LONG, sayHowFar, times } from '../support/torture.ts'
import { type BuiltPage, serveBuiltPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'
import { faults, processOf, SharingTab, type TabHistory } from './support/sharing.ts'
import { crash } from './support/victim.ts'

const FREEZES = times({ short: 10, full: 200 })
const DEATHS = times({ short: 4, full: 100 })
const OPERATIONS = times({ short: 50, full: 1_000 })
const TABS = 8

let site: BuiltPage
let chromium: Chromium
let context: BrowserContext
let browser: Browser

beforeAll(async () => {
  site = await serveBuiltPage('database-page')
  chromium = await Chromium.create()
  context = await chromium.start()
  browser = context.browser()!
})

afterAll(async () => {
  await chromium.remove()
  await site.close()
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function leaderOf(tabs: readonly SharingTab[]): Promise<SharingTab> {
  for (;;) {
    for (const tab of tabs) if ((await tab.role()) === 'leader') return tab
    await sleep(20)
  }
}

const PATIENCE_MS = 60_000

/** A leader that is stopped is replaced in less than a quarter of this. */
const STOPPED_PATIENCE_MS = 20_000

/**
 * Whether a tab that is stopped keeps the others from the store. Stopped in the middle of a task, it may have begun a
 * transaction whose end has not reached the browser, and Chromium then waits for as long as the tab is stopped. Nothing that
 * runs in a page can end that; a tab that is frozen ends its task before.
 */
async function keepsTheStore(context: BrowserContext): Promise<boolean> {
  const page = await context.newPage()
  try {
    await page.goto('chrome://indexeddb-internals')
    const begun = page.getByText(/^(Started|Running)$/).first()
    return await begun.waitFor({ timeout: 10_000 }).then(
      () => true,
      () => false,
    )
  } finally {
    await page.close()
  }
}

/** How long it takes until each of the tabs has written once more, in milliseconds. */
async function untilAllWrite(tabs: readonly SharingTab[], timeout = PATIENCE_MS): Promise<number> {
  const start = performance.now()
  await Promise.all(
    tabs.map(async (tab) => {
      const before = await tab.written()
      await tab.page.waitForFunction((before) => window.tab.writes.length > before + 1, before, {
        polling: 20,
        timeout,
      })
    }),
  )
  return performance.now() - start
}

async function settle(tabs: readonly SharingTab[], gone: Map<number, TabHistory>): Promise<void> {
  const histories = new Map(gone)
  for (const tab of tabs) histories.set(tab.lane, await tab.stop())
  expect(faults(histories)).toEqual([])
}

/** Epochs never fall along the log, whoever wrote it, and no call is in it twice. */
async function requireOneWriter(tab: SharingTab, name: string): Promise<void> {
  const records = await tab.page.evaluate(async (name) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(`quiver:${name}`)
      request.onsuccess = () => {
        resolve(request.result)
      }
      request.onerror = () => {
        reject(request.error!)
      }
    })
    const store = db.transaction('log').objectStore('log')
    const all = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => {
        request.onsuccess = () => {
          resolve(request.result)
        }
      })
    const [keys, values] = await Promise.all([all(store.getAllKeys()), all(store.getAll())])
    db.close()
    return keys.map((key, i) => [Number(key), [...(values[i] as Uint8Array)]] as const)
  }, name)
  const checksum = await loadChecksum()
  const calls: string[] = []
  let last = 0
  for (const [seq, bytes] of records) {
    const record = decodeLogRecord(Uint8Array.from(bytes), seq, checksum)
    expect(record.epoch).toBeGreaterThanOrEqual(last)
    last = record.epoch
    if (record.kind !== LogKind.operation) continue
    expect(record.parts).toBe(1)
    const { call } = decodeWrite(record.payload)
    if (call) calls.push(`${call.caller} ${call.n}`)
  }
  expect(calls.length).toBeGreaterThan(0)
  expect(new Set(calls).size).toBe(calls.length)
}

test('loses and doubles nothing when the leader dies', { timeout: LONG }, async () => {
  let lane = 0
  const tabs: SharingTab[] = []
  const gone = new Map<number, TabHistory>()
  const taken: number[] = []
  for (let death = 0; death < DEATHS; death++) {
    while (tabs.length < 3) tabs.push(await SharingTab.open(context, site.url, 'deaths', lane++))
    await untilAllWrite(tabs)
    const leader = await leaderOf(tabs)
    tabs.splice(tabs.indexOf(leader), 1)
    gone.set(leader.lane, await leader.history())
    if (death % 2) await crash(leader.page)
    else await leader.page.close()
    taken.push(await untilAllWrite(tabs))
  }
  await settle(tabs, gone)
  await requireOneWriter(tabs[0]!, 'deaths')
  console.info(
    `${DEATHS} deaths; others wrote again after ${Math.max(...taken).toFixed()} ms at most`,
  )
  for (const { page } of tabs) await page.close()
})

test('loses and doubles nothing when the leader stands still', { timeout: LONG }, async () => {
  const tabs: SharingTab[] = []
  for (let lane = 0; lane < 3; lane++) {
    tabs.push(await SharingTab.open(context, site.url, 'freezes', lane))
  }
  const taken = { stopped: [0], frozen: [0] }
  let keptTheStore = 0
  for (let freeze = 0; freeze < FREEZES; freeze++) {
    sayHowFar('leaders that stood still', freeze, FREEZES)
    await untilAllWrite(tabs)
    const leader = await leaderOf(tabs)
    const others = tabs.filter((tab) => tab !== leader)
    if (freeze % 2) {
      const session = await context.newCDPSession(leader.page)
      await session.send('Page.setWebLifecycleState', { state: 'frozen' })
      taken.frozen.push(await untilAllWrite(others))
      await session.send('Page.setWebLifecycleState', { state: 'active' })
    } else {
      const pid = await processOf(browser, leader.page)
      process.kill(pid, 'SIGSTOP')
      try {
        taken.stopped.push(await untilAllWrite(others, STOPPED_PATIENCE_MS))
      } catch (error) {
        if (!(await keepsTheStore(context))) throw error
        keptTheStore++
      } finally {
        process.kill(pid, 'SIGCONT')
      }
    }
    await untilAllWrite(tabs)
  }
  await settle(tabs, new Map())
  await requireOneWriter(tabs[0]!, 'freezes')
  console.info(`${keptTheStore} leaders were stopped within a transaction`)
  for (const [how, times] of Object.entries(taken)) {
    console.info(
      `leader ${how}: others wrote again after ${Math.max(...times).toFixed()} ms at most`,
    )
  }
  for (const { page } of tabs) await page.close()
})

test(`keeps what ${TABS} tabs write at once`, { timeout: LONG }, async () => {
  const tabs = await Promise.all(
    Array.from({ length: TABS }, (_, lane) => SharingTab.open(context, site.url, 'many', lane)),
  )
  for (const { page } of tabs) {
    await page.waitForFunction((n) => window.tab.writes.length >= n, OPERATIONS, { timeout: LONG })
  }
  await settle(tabs, new Map())
  const counts = await Promise.all(tabs.map(async (tab) => (await tab.history()).inserted))
  const stored = await tabs[0]!.page.evaluate(async () => {
    const db = await window.databases.open('many')
    return (await db.collection('c')).count()
  })
  expect(stored).toBe(counts.reduce((sum, count) => sum + count, TABS))
  await requireOneWriter(tabs[0]!, 'many')
})
