/** Pages that share a database, write and read without end, and keep a record of it. */
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import type {} from '../../fixtures/database-page/main.ts'

export interface TabHistory {
  /** Each of these ids was to be inserted, once. */
  inserted: number
  /** This tab's register, one higher at each write. `end`: when it was acknowledged. */
  readonly writes: { readonly value: number; readonly end: number }[]
  /** Registers of all tabs. `start`: when it was asked for. */
  readonly reads: { readonly lane: number; readonly value: number; readonly start: number }[]
  readonly failures: string[]
  /** Where the lead is, as this tab knows. */
  role: string
  stopped: boolean
  ended: boolean
}

declare global {
  interface Window {
    tab: TabHistory
  }
}

const LANES = 8

export class SharingTab {
  readonly page: Page
  readonly lane: number

  private constructor(page: Page, lane: number) {
    this.page = page
    this.lane = lane
  }

  static async open(
    context: BrowserContext,
    url: string,
    name: string,
    lane: number,
  ): Promise<SharingTab> {
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => 'databases' in window)
    await page.evaluate(start, [name, lane, LANES] as const)
    return new SharingTab(page, lane)
  }

  history(): Promise<TabHistory> {
    return this.page.evaluate(() => window.tab)
  }

  role(): Promise<string> {
    return this.page.evaluate(() => window.tab.role)
  }

  written(): Promise<number> {
    return this.page.evaluate(() => window.tab.writes.length)
  }

  /** Lets what is under way finish. */
  async stop(): Promise<TabHistory> {
    await this.page.evaluate(() => {
      window.tab.stopped = true
    })
    await this.page.waitForFunction(() => window.tab.ended)
    return this.history()
  }
}

/** Runs in the page. */
async function start([name, lane, lanes]: readonly [string, number, number]): Promise<void> {
  const tab: TabHistory = {
    inserted: 0,
    writes: [],
    reads: [],
    failures: [],
    role: '',
    stopped: false,
    ended: false,
  }
  window.tab = tab
  const db = await window.databases.open(name)
  tab.role = db.status.role
  db.on('role', (role) => (tab.role = role))
  const c = await db.collection('c', { dimension: 2, fields: { n: 'number' } })
  const register = `register ${lane}`
  await c.upsert({ id: register, vector: [1, 1], n: 0 })
  const now = () => performance.timeOrigin + performance.now()

  const work = async () => {
    for (let value = 1; !tab.stopped; value++) {
      const { inserted } = await c.upsert({ id: `${lane}-${value}`, vector: [1, value] })
      if (inserted !== 1) tab.failures.push(`${value} was written before`)
      tab.inserted++
      await c.update(register, { n: value })
      tab.writes.push({ value, end: now() })
      const other = Math.floor(Math.random() * lanes)
      const start = now()
      const found = await c.get(`register ${other}`)
      if (found) tab.reads.push({ lane: other, value: found.n ?? -1, start })
    }
  }
  const working = work().catch((error: unknown) => tab.failures.push(String(error)))
  void working.then(() => (tab.ended = true))
}

/**
 * What is wrong with it: something that was not written once, or a read that answered less than what had been acknowledged
 * before it was asked for.
 */
export function faults(histories: ReadonlyMap<number, TabHistory>): string[] {
  const wrong: string[] = []
  for (const [lane, { failures, reads }] of histories) {
    wrong.push(...failures.map((failure) => `tab ${lane}: ${failure}`))
    for (const read of reads) {
      const writes = histories.get(read.lane)?.writes ?? []
      const known = writes.filter(({ end }) => end < read.start).at(-1)?.value ?? 0
      if (read.value < known) {
        wrong.push(`tab ${lane} read ${read.value} of tab ${read.lane}, which had written ${known}`)
      }
    }
  }
  return wrong
}

/** The process of a page: the one that must not be stopped for the page to answer. */
export async function processOf(browser: Browser, page: Page): Promise<number> {
  const session: CDPSession = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  for (const { id, type } of processInfo) {
    if (type !== 'renderer') continue
    process.kill(id, 'SIGSTOP')
    const silence = new Promise<false>((resolve) => setTimeout(resolve, 300, false))
    const answered = await Promise.race([page.evaluate(() => true), silence])
    process.kill(id, 'SIGCONT')
    if (!answered) return id
  }
  throw new Error('The page has no process of its own.')
}
