import type { Page } from 'playwright-core'
import { step } from '../../scripts/lib/step.mjs'
import { startBrowser } from './browser.ts'
import type { Dataset } from './data/dataset.ts'
import { prepareDatasets } from './data/index.ts'
import type { BenchOptions } from './options.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import { describeLoad } from './report/table.ts'
import { installRivals } from './rivals.ts'

/** A benchmark of our engine alone, in the browser: one measurement for each dataset. */
export interface EngineBench<R> {
  /** Begins the names of its records. */
  readonly name: string
  readonly title: string
  readonly measure: (page: Page, dataset: Dataset) => Promise<R>
  /** The figures as text. */
  readonly table: (result: R) => string
}

export async function runEngineBench<R>(
  { name, title, measure, table }: EngineBench<R>,
  options: BenchOptions,
): Promise<void> {
  await installRivals()
  const datasets = await prepareDatasets(options)
  const browser = await startBrowser()
  const machine = thisMachine(browser.version)
  const folder = recordFolder(options.size, machine)
  try {
    for (const dataset of datasets) {
      const page = await browser.page()
      let result: R | undefined
      await step(`${dataset.title}: ${title}`, async (note) => {
        await page.exposeFunction('onNote', note)
        result = await measure(page, dataset)
      })
      const report = { date: today(), machine, dataset, result }
      await keep(folder, { [`${name}-${dataset.name}.json`]: toJson(report) })
      const size = `${dataset.rows.toLocaleString('en')} × ${dataset.dimension}`
      console.log(
        `\n${dataset.title}: ${size}, ${machine.cpu}, ${describeLoad(machine)}\n\n${table(result!)}\n`,
      )
    }
  } finally {
    await browser.close()
  }
}
