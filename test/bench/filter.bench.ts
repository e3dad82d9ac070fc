// Filters that half of the rows pass, or one in ten thousand: recall, hits and time against no filter and an exact scan.

import type { FilterResult } from './engine/filter.ts'
import { runEngineBench } from './engine-bench.ts'
import { type BenchOptions, sizes } from './options.ts'
import { columns } from './report/table.ts'

export async function bench(options: BenchOptions): Promise<void> {
  const { rounds } = sizes[options.size]
  await runEngineBench(
    {
      name: 'filter',
      title: 'filters',
      measure: (page, dataset) =>
        page.evaluate(([name, times]) => window.bench.filter(name, times), [
          dataset.name,
          rounds,
        ] as const),
      table,
    },
    // Masks that go with the data need data with a structure.
    { ...options, only: options.only ?? 'wordnet' },
  )
}

function table({ ef, queries, unfilteredP50, cells }: FilterResult): string {
  const rows = cells.map((cell) => [
    `${cell.kind}, ${100 * cell.share} %`,
    cell.matching.toLocaleString('en'),
    cell.recall.toFixed(4),
    `${cell.fewestHits} of ${cell.expectedHits}`,
    cell.p50.toFixed(3),
    cell.exactP50.toFixed(3),
    `${(cell.p50 / Math.max(unfilteredP50, cell.exactP50)).toFixed(2)}x`,
    cell.visited.toFixed(0),
  ])
  const head = ['rows', 'match', 'recall@10', 'fewest hits', 'p50 ms', 'exact', 'ratio', 'visited']
  return `${columns([head, ...rows])}\n\nef ${ef}, ${queries} queries; unfiltered p50 ${unfilteredP50.toFixed(3)} ms; ratio: p50 to the larger of unfiltered and exact`
}
