// Looks for lost, torn and doubled data, at length. `npm test` runs a short form of the same.
//
//   npm run test:torture                               all, in full: hours
//   npm run test:torture -- --only kills               one of them
//   npm run test:torture -- --only kills --count 20    so often

import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { buildWasm } from './build/wasm.mjs'
import { runVitest, TestsFailed } from './check/suites.mjs'
import { inRepository } from './lib/root.mjs'
import { Stop } from './lib/run.mjs'
import { command, step } from './lib/step.mjs'
import { installEngine } from './setup/engines.mjs'
import { setUpForTesting } from './setup/index.mjs'

/**
 * @typedef {object} Part
 * @property {string} project of vite.config.ts
 * @property {string} [file] default: all of the project
 * @property {keyof typeof import('./setup/engines.mjs').engines} [engine] a browser that it needs
 */

/** @returns {Promise<Record<string, Part>>} by name: those that have a short form, and all of test/torture */
async function readParts() {
  const folder = await readdir(inRepository('test', 'torture')).catch(() => [])
  const files = folder.filter((file) => file.endsWith('.test.ts'))
  /** @param {string} file @returns {[string, Part]} */
  const partOf = (file) => [
    file.replace('.test.ts', ''),
    { project: 'torture', file: `test/torture/${file}` },
  ]
  return {
    faults: { project: 'browser', file: 'test/browser/faults.test.ts' },
    model: { project: 'browser', file: 'test/browser/model.test.ts' },
    bytes: { project: 'browser', file: 'test/browser/bytes.test.ts' },
    sizes: { project: 'browser', file: 'test/browser/sizes.test.ts' },
    imports: { project: 'browser', file: 'test/browser/imports.test.ts' },
    kills: { project: 'e2e', file: 'test/e2e/kills.test.ts' },
    tabs: { project: 'e2e', file: 'test/e2e/tabs.test.ts' },
    quota: { project: 'e2e', file: 'test/e2e/quota.test.ts' },
    ...Object.fromEntries(files.map(partOf)),
    // What other engines, and another store under Chromium, make of the tests of storage, in their short form.
    sqlite: { project: 'sqlite' },
    firefox: { project: 'firefox', engine: 'firefox' },
    webkit: { project: 'webkit', engine: 'webkit' },
  }
}

function readArguments() {
  try {
    const options = /** @type {const} */ ({ only: { type: 'string' }, count: { type: 'string' } })
    return parseArgs({ options }).values
  } catch (error) {
    throw new Stop(error instanceof Error ? error.message : String(error))
  }
}

/** @param {keyof typeof import('./setup/engines.mjs').engines} engine */
async function isInstalled(engine) {
  try {
    await step(`Browser: ${engine}`, async (note) => {
      if ((await installEngine(engine, note)) === undefined) throw new Stop('It is not there.')
    })
    return true
  } catch {
    return false
  }
}

await command(async () => {
  const { only, count } = readArguments()
  const parts = await readParts()
  const names = Object.keys(parts).filter((name) => only === undefined || name === only)
  if (names.length === 0) {
    throw new Stop(`--only takes one of ${Object.keys(parts).join(', ')}, not ${only}.`)
  }
  if (count !== undefined && !(Number.isInteger(Number(count)) && Number(count) > 0)) {
    throw new Stop(`--count takes an integer above 0, not ${count}.`)
  }
  await setUpForTesting()
  await buildWasm()
  /** @type {unknown[]} */
  const failures = []
  for (const name of names) {
    const { project, file, engine } = /** @type {Part} */ (parts[name])
    if (engine !== undefined && !(await isInstalled(engine))) {
      console.log(`- ${name}: skipped, since ${engine} is not installed and cannot be had here.`)
      continue
    }
    const often = count ?? (file === undefined ? 'short' : 'full')
    const options = { files: file === undefined ? [] : [file], env: { QUIVER_TORTURE: often } }
    try {
      await runVitest(project, `Torture: ${name}`, options)
    } catch (error) {
      // The others have something to say all the same.
      if (!(error instanceof TestsFailed)) throw error
      console.error(error.output.trimEnd())
      failures.push(name)
    }
  }
  if (failures.length > 0) throw new Stop(`Failed: ${failures.join(', ')}`)
})
