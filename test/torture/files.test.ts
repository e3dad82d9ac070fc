/**
 * A byte changes in the files in which the browser keeps IndexedDB. What becomes of them is the browser's business; Quiver
 * then opens what is left or refuses it with a typed error, and answers nothing that was not written.
 */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type {} from '../fixtures/database-page/main.ts'
import { serveBuiltPage } from '../e2e/support/built-page.ts'
import { Chromium } from '../e2e/support/chromium.ts'
import { times } from '../support/torture.ts'

const CHANGES = times({ short: 5, full: 200 })
const WRITING_MS = 3_000

/** Opens the database and reads it all. @returns how that ended */
async function outcomeIn(chromium: Chromium, url: string, work: 'write' | 'read') {
  const context = await chromium.start()
  const page = await context.newPage()
  for (const name of ['begins', 'acknowledged', 'failed']) {
    await page.exposeFunction(name, () => undefined)
  }
  await page.goto(url)
  await page.waitForFunction(() => 'writers' in window)
  return page.evaluate(
    async ({ work, ms }) => {
      const writer = window.writers.randomWrites
      try {
        const records = Object.keys(await writer.open('files')).length
        if (work === 'write') {
          void writer.write(0)
          await new Promise((resolve) => setTimeout(resolve, ms))
        }
        await writer.close()
        return `${records === 0 ? 'no' : 'some'} records`
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        return code ?? message
      }
    },
    { work, ms: WRITING_MS },
  )
}

test('a changed byte in the files of the browser', async () => {
  const site = await serveBuiltPage('database-page')
  const whole = await Chromium.create()
  try {
    await outcomeIn(whole, site.url, 'write')
    await whole.kill()
    const outcomes = new Map<string, number>()
    for (let i = 0; i < CHANGES; i++) {
      const copy = await whole.copy()
      try {
        await changeByte(await copy.indexedDbFiles())
        const outcome = await outcomeIn(copy, site.url, 'read')
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      } finally {
        await copy.remove()
      }
    }
    console.info(Object.fromEntries(outcomes))
    const untyped = [...outcomes.keys()].filter(
      (outcome) => !/records$|^[A-Z_]+$|^\[\{"part"/.test(outcome),
    )
    expect(untyped).toEqual([])
  } finally {
    await whole.remove()
    await site.close()
  }
})

/** Every byte of all the files is as likely as every other. */
async function changeByte(files: readonly string[]): Promise<void> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  let at = Math.floor(Math.random() * sizes.reduce((sum, size) => sum + size, 0))
  let n = 0
  while (at >= sizes[n]!) at -= sizes[n++]!
  const bytes = await readFile(files[n]!)
  bytes[at]! ^= 1 << Math.floor(Math.random() * 8)
  await writeFile(files[n]!, bytes)
}
