// What each quantization takes, and how well and fast it answers where nothing else is set.

import type { MemoryResult } from './engine/memory.ts'
import { runEngineBench } from './engine-bench.ts'
import type { BenchOptions } from './options.ts'
import { columns } from './report/table.ts'

export async function bench(options: BenchOptions): Promise<void> {
  await runEngineBench(
    {
      name: 'memory',
      title: 'quantizations',
      measure: (page, dataset) => page.evaluate((name) => window.bench.memory(name), dataset.name),
      table,
    },
    { ...options, only: options.only ?? 'wordnet' },
  )
}

function table(results: readonly MemoryResult[]): string {
  const rows = results.map((result) => [
    `${result.quantization}, originals ${result.originals}`,
    result.codes.toFixed(0),
    result.graph.toFixed(0),
    result.vectors.toFixed(0),
    (result.codes + result.graph + result.vectors).toFixed(0),
    String(result.ef),
    result.recall.toFixed(4),
    Math.round(result.qps).toLocaleString('en'),
  ])
  const head = ['bytes a row', 'codes', 'graph', 'vectors', 'in all', 'ef', 'recall@10', 'QPS']
  return `${columns([head, ...rows])}\n\nthrough collection.search, at the ef that calibration chose for a recall of 0.95`
}
