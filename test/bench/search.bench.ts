// Building and searching: ours against the rivals, in one run. See README.md.

import { step } from '../../scripts/lib/step.mjs'
import { type Browser, startBrowser } from './browser.ts'
import { EF_CONSTRUCTION, K, M } from './contenders/contender.ts'
import { inBrowser, inNode, rivals } from './contenders/names.ts'
import type { Dataset } from './data/dataset.ts'
import { prepareDatasets } from './data/index.ts'
import { type BenchOptions, sizes } from './options.ts'
import { plot } from './report/plot.ts'
import { keep, recordFolder, thisMachine, toJson, today } from './report/record.ts'
import type { Machine, Report, Result } from './report/report.ts'
import { table } from './report/table.ts'
import { wasmSize } from './report/wasm-size.ts'
import { installRivals } from './rivals.ts'
import { type Runner, startRunners } from './runners.ts'
import { type Curve, sweep } from './sweep.ts'

export async function bench(options: BenchOptions): Promise<void> {
  await installRivals()
  const datasets = await prepareDatasets(options)
  let browser: Browser | undefined
  await step('Page and browser', async () => {
    browser = await startBrowser()
  })
  try {
    const machine = thisMachine(browser!.version)
    for (const dataset of datasets) await benchDataset(browser!, machine, dataset, options)
  } finally {
    await browser!.close()
  }
}

async function benchDataset(
  browser: Browser,
  machine: Machine,
  dataset: Dataset,
  { size, rivals: asked }: BenchOptions,
): Promise<void> {
  const { rounds } = sizes[size]
  const wanted = new Set(
    [...inBrowser, ...inNode].filter((name) => !rivals.includes(name) || asked.includes(name)),
  )
  const page = await browser.page()
  let runners: Runner[] = []
  await step(`${dataset.title}: building`, async (note) => {
    runners = await startRunners(page, dataset, wanted, note)
  })
  let curves: Curve[] = []
  await step(`${dataset.title}: searching`, async (note) => {
    const lanes = runners.flatMap((runner) => runner.lanes)
    curves = await sweep(lanes, rounds, note)
  })

  const report: Report = {
    date: today(),
    machine,
    dataset,
    parameters: { k: K, M, efConstruction: EF_CONSTRUCTION },
    rounds,
    results: await resultsOf(runners, curves, dataset.rows),
  }
  const folder = recordFolder(size, machine)
  await keep(folder, {
    [`${dataset.name}.json`]: toJson(report),
    [`${dataset.name}.svg`]: plot(report),
  })
  console.log(`\n${table(report)}\n\nKept in ${folder}\n`)
}

async function resultsOf(
  runners: readonly Runner[],
  curves: readonly Curve[],
  rows: number,
): Promise<Result[]> {
  const results: Result[] = []
  for (const { name, lanes, buildMs, bytes } of runners) {
    const wasmBytes = await wasmSize(name)
    for (const { label } of lanes) {
      results.push({
        label,
        contender: name,
        rowsPerSecond: (rows / buildMs) * 1000,
        bytesPerRow: { walked: bytes.walked / rows, total: bytes.total / rows },
        wasmBytes,
        points: curves.find((curve) => curve.label === label)!.points,
      })
    }
  }
  return results
}
