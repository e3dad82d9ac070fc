// One target in a thread of its own: endless input after endless input, until one leads astray.

import { parentPort, workerData } from 'node:worker_threads'
import { runnerImport } from 'vite'
import { inRepository } from '../../scripts/lib/root.mjs'

/** @type {{ name: string, firstSeed: number, progress: Float64Array }} */
const { name, firstSeed, progress } = workerData
/** @type {{ module: typeof import('./index.ts') }} */
const { module } = await runnerImport(inRepository('test', 'fuzz', 'index.ts'))

const target = (await module.loadTargets()).find((each) => each.name === name)
if (target === undefined) throw new Error(`There is no target ${name}.`)
for (let seed = firstSeed; ; seed++) {
  // Written first: where the thread hangs or dies, this is what it was at.
  progress[0] = seed
  const why = await module.examine(target, module.inputOf(target, seed))
  if (why === undefined) continue
  parentPort?.postMessage(why)
  break
}
