// A stored collection, opened anew: how soon it answers, against merely reading its bytes from IndexedDB.

import { step } from '../../scripts/lib/step.mjs'
import { startBrowser } from './browser.ts'
import { rowsOf } from './contenders/contender.ts'
import { read } from './data/dataset.ts'
import { prepareWordnet } from './data/index.ts'
import { type BenchOptions, sizes } from './options.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import { columns, describeLoad } from './report/table.ts'
import { installRivals } from './rivals.ts'
import { median } from './sweep.ts'

export async function bench({ size }: BenchOptions): Promise<void> {
  await installRivals()
  const dataset = await prepareWordnet(size)
  const { queries } = await read(dataset)
  const query = [...rowsOf(queries, dataset.dimension)[0]!]
  const { rounds } = sizes[size]
  const browser = await startBrowser()
  const machine = thisMachine(browser.version)
  try {
    const first = await browser.page()
    await step('Storing the collection', () =>
      first.evaluate((name) => window.bench.store(name), dataset.name),
    )
    const openMs: number[] = []
    const answerMs: number[] = []
    const readMs: number[] = []
    let bytes = 0
    // A page of its own for each, as a visitor has; one more round, which warms the disk's cache.
    await step('Opening it', async (note) => {
      for (let round = 0; round <= rounds; round++) {
        note(`round ${round} of ${rounds}`)
        const raw = await (await browser.page()).evaluate(() => window.bench.readBytes())
        const page = await browser.page()
        const opened = await page.evaluate((values) => window.bench.openAndAsk(values), query)
        bytes = raw.bytes
        if (round === 0) continue
        openMs.push(opened.openMs)
        answerMs.push(opened.answerMs)
        readMs.push(raw.ms)
      }
    })
    const report = {
      date: today(),
      machine,
      dataset,
      rounds,
      storedBytes: bytes,
      openMs: median(openMs),
      firstResultMs: median(answerMs),
      readMs: median(readMs),
    }
    await keep(recordFolder(size, machine), { 'opening.json': toJson(report) })
    const ms = (value: number) => `${value.toFixed(0)} ms`
    console.log(
      `\n${dataset.title}, ${dataset.rows.toLocaleString('en')} rows, ${(bytes / 2 ** 20).toFixed(0)} MiB of snapshot; median of ${rounds} rounds, ${describeLoad(machine)}\n`,
    )
    console.log(
      columns([
        ['opened, worker and wasm included', ms(report.openMs)],
        ['first result', ms(report.firstResultMs)],
        ['reading the same bytes from IndexedDB', ms(report.readMs)],
        ['first result / reading', `${(report.firstResultMs / report.readMs).toFixed(2)}x`],
      ]),
    )
  } finally {
    await browser.close()
  }
}
