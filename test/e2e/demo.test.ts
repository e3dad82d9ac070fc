// One person's visits to the built demo, one after the other in the same browser.
// The descriptions are in ../shared/data/reverse-dictionary: without that folder their test is skipped.

import { existsSync, readFileSync } from 'node:fs'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { DemoPage, longTasksWhileIndexing, shortly, watchLongTasks } from './support/demo-page.ts'
import { DemoSite } from './support/demo-site.ts'

const descriptions = new URL(
  '../../../shared/data/reverse-dictionary/queries.jsonl',
  import.meta.url,
)
const allDefinitions = '117,791'

interface Description {
  readonly query: string
  readonly answers: readonly string[]
}

let site: DemoSite
let chromium: Chromium
let context: BrowserContext
let demo: DemoPage

beforeAll(async () => {
  site = await DemoSite.start()
  chromium = await Chromium.create()
  context = await chromium.start()
  demo = new DemoPage(await context.newPage())
})

afterAll(async () => {
  await chromium.remove()
  await site.stop()
})

describe('first visit', () => {
  test('indexes every definition, can be searched meanwhile and blocks nothing', async () => {
    await watchLongTasks(demo.page)
    await demo.page.goto(site.url)
    await demo.waitForAcknowledged(5_000)
    await demo.ask('a human being')
    expect((await demo.words())[0]).toContain('person')

    await demo.waitForAll()
    await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe(allDefinitions)
    expect(await longTasksWhileIndexing(demo.page)).toEqual([])
  })

  test('finds the word for what somebody means', async () => {
    await demo.ask('fear of heights')
    expect((await demo.words()).flat()).toContain('acrophobia')
  })

  test.skipIf(!existsSync(descriptions))('answers descriptions, hit@10 >= 0.575', async () => {
    const lines = readFileSync(descriptions, 'utf8').trim().split('\n')
    const all = lines.map((line) => JSON.parse(line) as Description)
    expect(all).toHaveLength(40)
    const missed: string[] = []
    for (const { query, answers } of all) {
      await demo.ask(query)
      const words = (await demo.words()).flat().map((word) => word.toLowerCase())
      if (!answers.some((answer) => words.includes(answer))) missed.push(query)
    }
    const hits = all.length - missed.length
    expect(hits / all.length, `missed: ${missed.join('; ')}`).toBeGreaterThanOrEqual(0.575)
  })
})

describe('later visits', () => {
  test('answer at once, with nothing to index or load', async () => {
    site.requested.length = 0
    await demo.page.goto(`${site.url}?q=fear+of+heights`)
    await demo.page.getByRole('list', { name: 'Words for “fear of heights”' }).waitFor()
    expect((await demo.words()).flat()).toContain('acrophobia')
    await expect.poll(() => demo.stored('Definitions').innerText(), shortly).toBe(allDefinitions)
    expect(await demo.progress.isVisible()).toBe(false)
    expect(site.definitionsRequested).toEqual([])
  })

  test('work without a network', async () => {
    await expect.poll(() => demo.stored('Without network').innerText(), shortly).toBe('ready')
    await site.stop()
    await context.setOffline(true)
    await demo.page.goto(site.url)
    await demo.ask('longing for the good old days')
    expect((await demo.words()).flat()).toContain('nostalgia')
    await context.setOffline(false)
    await site.start()
  })
})
