// Runs the benchmarks of test/bench, each a module that measures and prints. Names choose some of them:
//
//   npm run bench                             all, in full
//   npm run bench -- search --only wordnet    one, on one dataset
//   npm run bench -- --quick                  a tenth of the rows: to try the bench, not to compare
//   npm run bench -- --rivals edgevec         against some rivals only, by comma; 'none' for none

import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { buildWasm } from './build/wasm.mjs'
import { inRepository } from './lib/root.mjs'
import { Stop } from './lib/run.mjs'
import { command } from './lib/step.mjs'
import { setUpForTesting } from './setup/index.mjs'

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        rivals: { type: 'string' },
      },
    })
  } catch (error) {
    throw new Stop(error instanceof Error ? error.message : String(error))
  }
}

/** @param {string | undefined} only */
function checkDataset(only) {
  if (only === undefined || only === 'glove' || only === 'wordnet') return only
  throw new Stop(`--only takes glove or wordnet, not ${only}.`)
}

/**
 * @param {string | undefined} list
 * @param {typeof import('../test/bench/contenders/names.ts').rivals} all
 */
function checkRivals(list, all) {
  if (list === undefined) return all
  if (list === 'none') return []
  return list.split(',').map((name) => {
    const rival = all.find((one) => one === name)
    if (rival === undefined)
      throw new Stop(`--rivals takes ${all.join(', ')}, or none, not ${name}.`)
    return rival
  })
}

await command(async () => {
  const { values, positionals } = readArguments()
  const only = checkDataset(values.only)
  await setUpForTesting()
  await buildWasm()

  const { runnerImport } = await import('vite')
  const folder = inRepository('test', 'bench')
  /** @type {{ module: typeof import('../test/bench/contenders/names.ts') }} */
  const names = await runnerImport(`${folder}/contenders/names.ts`)
  const options = {
    size: values.quick ? 'quick' : 'full',
    only,
    rivals: checkRivals(values.rivals, names.module.rivals),
  }

  const benchmarks = (await readdir(folder))
    .filter((file) => file.endsWith('.bench.ts'))
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .sort()
  if (benchmarks.length === 0) throw new Stop('test/bench holds no benchmark of that name.')
  for (const file of benchmarks) {
    console.log(`\n${file}`)
    const { module } = await runnerImport(`${folder}/${file}`)
    await module.bench(options)
  }
})
