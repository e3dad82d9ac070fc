// 30 % of the rows deleted and 30 % updated: recall and speed against an index built afresh.

import type { ChurnResult } from './engine/churn.ts'
import { runEngineBench } from './engine-bench.ts'
import { type BenchOptions, sizes } from './options.ts'
import { columns } from './report/table.ts'

export async function bench(options: BenchOptions): Promise<void> {
  const { rounds } = sizes[options.size]
  await runEngineBench(
    {
      name: 'churn',
      title: 'deletes and updates',
      measure: (page, dataset) =>
        page.evaluate(([name, times]) => window.bench.churn(name, times), [
          dataset.name,
          rounds,
        ] as const),
      table,
    },
    options,
  )
}

function table(result: ChurnResult): string {
  const { liveRows, deleted, updated, churnMs, freshMs, churned, fresh } = result
  const rows = churned.map(({ ef, recall, qps }, n) => {
    const other = fresh[n]!
    return [
      String(ef),
      recall.toFixed(4),
      other.recall.toFixed(4),
      (recall - other.recall).toFixed(4),
      Math.round(qps).toLocaleString('en'),
      Math.round(other.qps).toLocaleString('en'),
      `${(qps / other.qps).toFixed(2)}x`,
    ]
  })
  const head = ['ef', 'recall@10', 'fresh', 'difference', 'QPS', 'fresh', 'ratio']
  const count = (value: number) => value.toLocaleString('en')
  return [
    columns([head, ...rows]),
    '',
    `${count(deleted)} deleted, ${count(updated)} updated, ${count(liveRows)} left; ${(churnMs / 1000).toFixed(1)} s, built afresh in ${(freshMs / 1000).toFixed(1)} s`,
  ].join('\n')
}
