// Filters alone, over columns of every type: milliseconds until it is known which rows pass. The bar is 2 for three clauses.

import { step } from '../../scripts/lib/step.mjs'
import { startBrowser } from './browser.ts'
import type { ColumnsResult } from './engine/columns.ts'
import { type BenchOptions, sizes } from './options.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import { columns, describeLoad } from './report/table.ts'
import { installRivals } from './rivals.ts'

export async function bench({ size }: BenchOptions): Promise<void> {
  await installRivals()
  const { rows, rounds } = sizes[size]
  const browser = await startBrowser()
  const machine = thisMachine(browser.version)
  try {
    const page = await browser.page()
    let results: readonly ColumnsResult[] = []
    await step('Filtering columns', async () => {
      results = await page.evaluate(([count, times]) => window.bench.columns(count, times), [
        rows,
        rounds,
      ] as const)
    })
    const report = { date: today(), machine, rows, rounds, results }
    await keep(recordFolder(size, machine), { 'columns.json': toJson(report) })
    const lines = results.map(({ title, matching, p50 }) => [
      title,
      matching.toLocaleString('en'),
      p50.toFixed(3),
    ])
    console.log(
      `\n${rows.toLocaleString('en')} rows, ${machine.cpu}, ${describeLoad(machine)}\n\n${columns([['filter', 'match', 'p50 ms'], ...lines])}\n`,
    )
  } finally {
    await browser.close()
  }
}
