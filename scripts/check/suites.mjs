// The checks that run what we wrote, each counting its tests.

import { mkdir, readFile, rm } from 'node:fs/promises'
import { inRepository } from '../lib/root.mjs'
import { CommandFailed, run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'

/** @typedef {{ passed: number, failed: number }} Count */

/** Tests failed; the count says how many. */
export class TestsFailed extends CommandFailed {
  /**
   * @param {CommandFailed} cause
   * @param {Count} count
   */
  constructor(cause, count) {
    super(cause.message, cause.output)
    this.count = count
  }
}

/** @param {Count} count */
const summary = ({ passed }) => `${passed} passed`

/**
 * @param {string} output of cargo test, which ends the tests of every target with a line of its own
 * @returns {Count}
 */
function countCargoTests(output) {
  const count = { passed: 0, failed: 0 }
  for (const [, passed, failed] of output.matchAll(
    /^test result: .*? (\d+) passed; (\d+) failed/gm,
  )) {
    count.passed += Number(passed)
    count.failed += Number(failed)
  }
  return count
}

/** @returns {Promise<Count>} */
export async function runRustTests() {
  /** @type {Count} */
  let count = { passed: 0, failed: 0 }
  await step('Rust tests', async (note) => {
    try {
      // Optimised, or the tests over thousands of vectors take minutes; with debug assertions, or
      // they miss what overflows.
      const args = ['test', '--manifest-path', 'rust-wasm/Cargo.toml', '--release']
      const env = {
        CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
        CARGO_PROFILE_RELEASE_LTO: 'off',
      }
      count = countCargoTests(await run('cargo', args, { onLine: note, env }))
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new TestsFailed(error, countCargoTests(error.output))
    }
    return summary(count)
  })
  return count
}

/** @param {string} report that Vitest wrote @returns {Promise<Count>} */
async function countVitestTests(report) {
  /** @type {{ numPassedTests: number, numFailedTests: number }} */
  const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests }
}

/**
 * @param {string} project of vite.config.ts
 * @param {string} title
 * @returns {Promise<Count>}
 */
export async function runVitest(project, title) {
  const report = inRepository('.cache', `vitest-${project}.json`)
  await mkdir(inRepository('.cache'), { recursive: true })
  await rm(report, { force: true })
  /** @type {Count} */
  let count = { passed: 0, failed: 0 }
  await step(title, async (note) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    try {
      await run('vitest', ['run', '--project', project, ...reporters], { onLine: note })
      count = await countVitestTests(report)
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new TestsFailed(
        error,
        await countVitestTests(report).catch(() => ({ passed: 0, failed: 1 })),
      )
    }
    return summary(count)
  })
  return count
}
