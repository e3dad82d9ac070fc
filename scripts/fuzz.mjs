// Fuzzes every decoder: damaged bytes are refused with a typed error, or read as something that can be used.
//
//   npm run test:fuzz                                     all targets, 10 minutes each
//   npm run test:fuzz -- --minutes 1 --only columns       one target
//   npm run test:fuzz -- --again test/fuzz/found/x.json   one input that was found before

import { parseArgs } from 'node:util'
import { buildWasm } from './build/wasm.mjs'
import { fuzzInThread } from './fuzz/in-thread.mjs'
import { fuzzNatively } from './fuzz/native.mjs'
import { inRepository } from './lib/root.mjs'
import { Stop } from './lib/run.mjs'
import { command, step } from './lib/step.mjs'
import { setUpForTesting } from './setup/index.mjs'

/** The one target that is not in test/fuzz/targets. */
const NATIVE = 'index, natively'

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        only: { type: 'string' },
        again: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new Stop(error instanceof Error ? error.message : String(error))
  }
}

/** @typedef {typeof import('../test/fuzz/index.ts')} Fuzz */
/** @typedef {Awaited<ReturnType<Fuzz['loadTargets']>>} Targets */

/**
 * @param {Fuzz} fuzz
 * @param {Targets} targets
 * @param {string} path
 */
async function tryAgain(fuzz, targets, path) {
  const { target: name, parts } = await fuzz.readFound(path)
  const target = targets.find((each) => each.name === name)
  if (target === undefined) throw new Stop(`There is no target ${name} any more.`)
  const why = await fuzz.examine(target, parts)
  if (why !== undefined) throw new Stop(why)
  console.log(`${path} is read or refused as it should be.`)
}

/**
 * @param {Fuzz} fuzz
 * @param {Targets} targets
 * @param {readonly string[]} names
 * @param {number} minutes for each
 */
async function fuzzAll(fuzz, targets, names, minutes) {
  /** @type {string[]} */
  const found = []
  for (const name of names) {
    await step(`Fuzzing ${name}`, async (note) => {
      const until = performance.now() + minutes * 60_000
      const target = targets.find((each) => each.name === name)
      if (target === undefined) return fuzzNatively(until, note)
      const firstSeed = Math.floor(Math.random() * 2 ** 32)
      const { inputs, find } = await fuzzInThread(name, firstSeed, until, note)
      const count = `${inputs.toLocaleString('en')} inputs`
      if (find === undefined) return count
      const parts = fuzz.inputOf(target, find.seed)
      const path = await fuzz.keep(find.seed, { target: name, why: find.why, parts })
      found.push(`${name}: ${find.why}\n  again: npm run test:fuzz -- --again ${path}`)
      return `found one after ${count}`
    })
  }
  if (found.length > 0) throw new Stop(found.join('\n\n'))
}

await command(async () => {
  const { minutes: given, only, again } = readArguments()
  const minutes = Number(given)
  if (!(minutes > 0)) throw new Stop(`--minutes takes a number above 0, not ${given}.`)
  await setUpForTesting()
  await buildWasm()
  const { runnerImport } = await import('vite')
  /** @type {{ module: Fuzz }} */
  const { module: fuzz } = await runnerImport(inRepository('test', 'fuzz', 'index.ts'))
  const targets = await fuzz.loadTargets()
  if (again !== undefined) {
    await tryAgain(fuzz, targets, again)
    return
  }
  const all = [...targets.map(({ name }) => name), NATIVE]
  const names = all.filter((name) => only === undefined || name === only)
  if (names.length === 0) throw new Stop(`--only takes one of ${all.join('; ')}, not ${only}.`)
  await fuzzAll(fuzz, targets, names, minutes)
})
