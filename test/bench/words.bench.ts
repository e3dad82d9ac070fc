// WordNet's definitions searched by words, in one worker. The bars: 100,000 indexed in 5 s, a query in 3 ms.

import { step } from '../../scripts/lib/step.mjs'
import { startBrowser } from './browser.ts'
import { readEntries, toText } from './data/definitions.ts'
import { type BenchOptions, sizes } from './options.ts'
import type { WordsResult } from './page/words-worker.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import { columns, describeLoad } from './report/table.ts'
import { installRivals } from './rivals.ts'

export async function bench({ size }: BenchOptions): Promise<void> {
  await installRivals()
  const { rows, queries, rounds } = sizes[size]
  const entries = (await readEntries()).slice(0, rows)
  const examples = entries.flatMap(([, , , [first]]) => (first === undefined ? [] : [first]))
  const every = Math.floor(examples.length / queries)
  const sentences = Array.from({ length: queries }, (_, i) => examples[i * every]!)
  const browser = await startBrowser()
  const machine = thisMachine(browser.version)
  try {
    const page = await browser.page()
    let result: WordsResult | undefined
    await step('Words of definitions', async () => {
      result = await page.evaluate(([all, asked, times]) => window.bench.words(all, asked, times), [
        entries.map(toText),
        sentences,
        rounds,
      ] as const)
    })
    const report = { date: today(), machine, texts: entries.length, queries, rounds, ...result! }
    await keep(recordFolder(size, machine), { 'words.json': toJson(report) })
    console.log(`\n${table(report)}\n\n${entries.length} texts, ${describeLoad(machine)}\n`)
  } finally {
    await browser.close()
  }
}

function table(result: WordsResult): string {
  const ms = (time: number) => `${time.toFixed(0)} ms`
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  return columns([
    ['indexed', ms(result.analyzeMs + result.appendMs)],
    ['of which analysis', ms(result.analyzeMs)],
    ['terms', result.terms.toLocaleString('en')],
    ['in memory', mb(result.bytes)],
    ['saved', `${mb(result.savedBytes)} in ${ms(result.saveMs)}`],
    ['loaded', ms(result.loadMs)],
    ...Object.entries(result.p50).map(([kind, p50]) => [`p50, ${kind}`, `${p50.toFixed(3)} ms`]),
  ])
}
