// Queries and rows that come together, against one after the other.

import type { BatchResult } from './engine/batch.ts'
import { runEngineBench } from './engine-bench.ts'
import { type BenchOptions, sizes } from './options.ts'
import { columns } from './report/table.ts'

export async function bench(options: BenchOptions): Promise<void> {
  const { rounds } = sizes[options.size]
  await runEngineBench(
    {
      name: 'batch',
      title: 'queries and rows at once',
      measure: (page, dataset) =>
        page.evaluate(([name, times]) => window.bench.batch(name, times), [
          dataset.name,
          rounds,
        ] as const),
      table,
    },
    { ...options, only: options.only ?? 'wordnet' },
  )
}

function table({ search, ef, bulk, arriving }: BatchResult): string {
  const searches = search.map(({ method, queries, batchMs, oneByOneMs }) => [
    `${queries.toLocaleString('en')} queries, ${method}`,
    batchMs.toFixed(0),
    oneByOneMs.toFixed(0),
    `${(oneByOneMs / batchMs).toFixed(2)}x`,
  ])
  const builds = [['all rows at once', bulk] as const, ['1,000 at a time', arriving] as const].map(
    ([name, build]) => [
      name,
      Math.round(build.rowsPerSecond).toLocaleString('en'),
      build.recall.toFixed(4),
    ],
  )
  return [
    columns([['', 'searchMany ms', 'one by one', 'gain'], ...searches]),
    '',
    columns([['', 'rows/s built', `recall@10 at ef ${ef}`], ...builds]),
  ].join('\n')
}
