import type { Locator, Page } from 'playwright-core'

/** Indexing all definitions on a machine that is busy with other things. */
const patience = { timeout: 300_000 }

/** The panel's numbers follow within seconds, more on a busy machine. */
export const shortly = { timeout: 30_000 }

/** The demo as somebody in front of it sees and uses it. */
export class DemoPage {
  readonly page: Page
  readonly meaning: Locator
  readonly progress: Locator
  readonly entries: Locator

  constructor(page: Page) {
    this.page = page
    this.meaning = page.getByRole('searchbox', { name: 'What’s the word for…' })
    this.progress = page.getByRole('progressbar')
    this.entries = page.getByRole('region', { name: 'Words' }).getByRole('listitem')
  }

  /** Definitions that the page says are kept, while it is indexing. */
  async acknowledged(): Promise<number> {
    return Number(await this.progress.getAttribute('value'))
  }

  /** Waits until the page says that at least so many definitions are kept. @returns how many it says */
  async waitForAcknowledged(count: number): Promise<number> {
    await this.page.waitForFunction(
      (least) => (document.querySelector('progress')?.value ?? 0) >= least,
      count,
      patience,
    )
    return this.acknowledged()
  }

  /** Waits until everything is indexed in this visit. */
  async waitForAll(): Promise<void> {
    await this.page
      .getByRole('heading', { name: /^All [\d,]+ definitions are in$/ })
      .waitFor(patience)
  }

  /** A line of the panel about what is stored. */
  stored(name: string): Locator {
    const panel = this.page.getByRole('complementary', { name: 'Stored here' })
    return panel
      .locator('div')
      .filter({ has: this.page.getByText(name, { exact: true }) })
      .locator('dd')
  }

  /** Types a meaning and waits for its words. */
  async ask(meaning: string): Promise<void> {
    await this.meaning.fill(meaning)
    await this.page.getByRole('list', { name: `Words for “${meaning}”` }).waitFor()
  }

  /** The words of every entry on show, closest first. */
  async words(): Promise<string[][]> {
    const headings = await this.entries.getByRole('heading').allInnerTexts()
    return headings.map((heading) => heading.split(', '))
  }

  /** The ids of the entries on show, closest first. */
  ids(): Promise<string[]> {
    return this.entries.evaluateAll((items) => items.map((item) => item.dataset['id'] ?? ''))
  }
}

interface LongTask {
  readonly startTime: number
  readonly duration: number
}

declare global {
  interface Window {
    longTasks?: LongTask[]
  }
}

/** Notes every long task of the pages opened from now on, from their first moment. */
export async function watchLongTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: LongTask[] = []
    window.longTasks = seen
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) seen.push({ startTime, duration })
    }).observe({ type: 'longtask', buffered: true })
  })
}

/** Tasks of 50 ms and more since the first definitions were asked for. */
export function longTasksWhileIndexing(page: Page): Promise<LongTask[]> {
  return page.evaluate(() => {
    const resources = performance.getEntriesByType('resource')
    const first = resources.find(({ name }) => /\/data\/\w+\/\d+\.json$/.test(name))
    if (first === undefined) throw new Error('No definitions were loaded.')
    if (window.longTasks === undefined) throw new Error('Nobody watched.')
    return window.longTasks.filter(({ startTime }) => startTime >= first.startTime)
  })
}
