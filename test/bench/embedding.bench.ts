// The static model in one worker: short texts embedded per second. The bar is 20,000.

import { step } from '../../scripts/lib/step.mjs'
import { startBrowser } from './browser.ts'
import { readEntries, toText } from './data/definitions.ts'
import { type BenchOptions, sizes } from './options.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import { describeLoad } from './report/table.ts'
import { installRivals } from './rivals.ts'
import { median } from './sweep.ts'

export async function bench({ size }: BenchOptions): Promise<void> {
  await installRivals()
  const { rows, rounds } = sizes[size]
  const texts = (await readEntries()).slice(0, rows).map(toText)
  const browser = await startBrowser()
  const machine = thisMachine(browser.version)
  try {
    const page = await browser.page()
    let rates: number[] = []
    await step('Embedding definitions', async () => {
      rates = await page.evaluate(([all, times]) => window.bench.embed(all, times), [
        texts,
        rounds,
      ] as const)
    })
    const report = {
      date: today(),
      machine,
      texts: texts.length,
      meanLength: texts.reduce((sum, { length }) => sum + length, 0) / texts.length,
      rounds,
      textsPerSecond: median(rates),
    }
    await keep(recordFolder(size, machine), { 'embedding.json': toJson(report) })
    console.log(
      `\n${Math.round(report.textsPerSecond).toLocaleString('en')} texts per second, of ${report.meanLength.toFixed(0)} characters each (median of ${rounds} rounds, ${describeLoad(machine)})\n`,
    )
  } finally {
    await browser.close()
  }
}
