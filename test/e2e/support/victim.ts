import type { BrowserContext, Page } from 'playwright-core'
import type { Values } from '../../fixtures/database-page/workload.ts'
import { Chromium } from './chromium.ts'
import { Ledger } from './ledger.ts'

/** `close` kills nobody: the database is closed while writes are under way. */
export const KINDS = ['process', 'renderer', 'worker', 'close'] as const
export type Kind = (typeof KINDS)[number]

export type WriterName = 'growth' | 'randomWrites'

/** A page that writes, in a browser that is started again when it was killed. */
export class Victim {
  ledger = new Ledger()
  /** What the page says went wrong while nobody had killed it. */
  readonly failures: string[] = []
  readonly #chromium: Chromium
  readonly #url: string
  readonly #writer: WriterName
  #context: BrowserContext | undefined
  #page: Page | undefined

  private constructor(chromium: Chromium, url: string, writer: WriterName) {
    this.#chromium = chromium
    this.#url = url
    this.#writer = writer
  }

  static async create(url: string, writer: WriterName): Promise<Victim> {
    return new Victim(await Chromium.create(), url, writer)
  }

  async open(database: string): Promise<Values> {
    const page = await this.page()
    return page.evaluate(([writer, database]) => window.writers[writer].open(database), [
      this.#writer,
      database,
    ] as const)
  }

  /** Begins to write, without end. */
  async write(from: number): Promise<void> {
    const page = await this.page()
    const writing = page.evaluate(([writer, from]) => window.writers[writer].write(from), [
      this.#writer,
      from,
    ] as const)
    // Ends when it is killed.
    writing.catch(() => undefined)
  }

  async kill(kind: Kind): Promise<void> {
    const page = await this.page()
    if (kind === 'worker') {
      await page.evaluate((writer) => {
        window.writers[writer].terminate()
      }, this.#writer)
    } else if (kind === 'close') {
      await page.evaluate((writer) => window.writers[writer].close(), this.#writer)
    } else if (kind === 'renderer') {
      this.#page = undefined
      await crash(page)
    } else {
      this.#context = undefined
      this.#page = undefined
      await this.#chromium.kill()
    }
  }

  async page(): Promise<Page> {
    this.#page ??= await this.#visit()
    return this.#page
  }

  async remove(): Promise<void> {
    await this.#chromium.remove()
  }

  async #visit(): Promise<Page> {
    this.#context ??= await this.#chromium.start()
    const page = await this.#context.newPage()
    await page.exposeFunction('begins', (lane: number, values: Values) => {
      this.ledger.begins(lane, values)
    })
    await page.exposeFunction('acknowledged', (lane: number) => {
      this.ledger.acknowledge(lane)
    })
    await page.exposeFunction('failed', (message: string) => {
      this.failures.push(message)
    })
    await page.goto(this.#url)
    await page.waitForFunction(() => 'writers' in window)
    return page
  }
}

/** Ends the page's process. */
export async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const devtools = await page.context().newCDPSession(page)
  // Nobody is left to answer.
  devtools.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
}
