// The browser's process dies in the middle of the first visit.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Chromium } from './support/chromium.ts'
import { DemoPage, shortly } from './support/demo-page.ts'
import { DemoSite } from './support/demo-site.ts'

const data = new URL('../../demo/dist/data/', import.meta.url)
const { version, total, batchSize } = JSON.parse(
  readFileSync(new URL('manifest.json', data), 'utf8'),
) as { version: string; total: number; batchSize: number }

/** The `index`-th definition in the order in which the page indexes them. */
function definitionAt(index: number): { id: string; definition: string } {
  const file = String(Math.floor(index / batchSize)).padStart(3, '0')
  const rows = JSON.parse(readFileSync(new URL(`${version}/${file}.json`, data), 'utf8')) as [
    id: string,
    words: string[],
    definition: string,
  ][]
  const [id, , definition] = rows[index % batchSize]!
  return { id, definition }
}

let site: DemoSite
let chromium: Chromium

beforeAll(async () => {
  site = await DemoSite.start()
  chromium = await Chromium.create()
})

afterAll(async () => {
  await chromium.remove()
  await site.stop()
})

async function visit(): Promise<DemoPage> {
  const context = await chromium.start()
  const demo = new DemoPage(await context.newPage())
  site.requested.length = 0
  await demo.page.goto(site.url)
  return demo
}

/** What the page says on returning was kept. */
async function keptSaid(demo: DemoPage): Promise<number> {
  const hint = await demo.page.getByText('were kept from your last visit').innerText()
  return Number(hint.split(' ')[0]!.replaceAll(',', ''))
}

test('keeps what was acknowledged, and goes on where it was', async () => {
  let acknowledged = 0
  for (const killAfter of [15_000, 60_000]) {
    const demo = await visit()
    acknowledged = await demo.waitForAcknowledged(killAfter)
    expect(acknowledged).toBeLessThan(total)
    await chromium.kill()
  }

  const demo = await visit()
  const kept = await keptSaid(demo)
  expect(kept).toBeGreaterThanOrEqual(acknowledged)
  expect(kept).toBeLessThan(total)
  for (let i = 0; i <= 8; i++) {
    const { id, definition } = definitionAt(Math.floor(((acknowledged - 1) * i) / 8))
    await demo.ask(definition)
    expect(await demo.ids(), definition).toContain(id)
  }

  await demo.waitForAll()
  await expect
    .poll(() => demo.stored('Definitions').innerText(), shortly)
    .toBe(total.toLocaleString('en'))
  const firstMissing = Math.floor(kept / batchSize)
  const files = Math.ceil(total / batchSize)
  const missing = Array.from({ length: files - firstMissing }, (_, i) => firstMissing + i)
  expect(site.definitionsRequested).toEqual(missing)
})
