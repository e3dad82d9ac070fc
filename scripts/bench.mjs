// Runs the benchmarks of test/bench, each a module that measures and prints. Arguments choose those
// whose names contain one of them:  npm run bench -- search

import { readdir } from 'node:fs/promises'
import { buildWasm } from './build/wasm.mjs'
import { inRepository } from './lib/root.mjs'
import { Stop } from './lib/run.mjs'
import { command } from './lib/step.mjs'
import { setUpForBuilding } from './setup/index.mjs'

const wanted = process.argv.slice(2)

await command(async () => {
  await setUpForBuilding()
  await buildWasm()

  const folder = inRepository('test', 'bench')
  const benchmarks = (await readdir(folder))
    .filter((file) => file.endsWith('.bench.ts'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort()
  if (benchmarks.length === 0) throw new Stop('test/bench holds no benchmark of that name.')

  const { runnerImport } = await import('vite')
  for (const file of benchmarks) {
    console.log(`\n${file}`)
    await runnerImport(`${folder}/${file}`, { configFile: inRepository('vite.config.ts') })
  }
})
