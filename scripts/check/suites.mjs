// The checks that run what we wrote, each counting its tests.

import { mkdir, readFile, rm } from 'node:fs/promises'
import { targetFeatures } from '../build/wasm.mjs'
import { inRepository } from '../lib/root.mjs'
import { CommandFailed, run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { wasmTarget } from '../setup/rust.mjs'

/** @typedef {{ passed: number, failed: number }} Count */

/** Tests failed; the count says how many. */
export class TestsFailed extends CommandFailed {
  /**
   * @param {CommandFailed} cause
   * @param {Count} count
   */
  constructor(cause, count) {
    super(cause.message, cause.output)
    // What does not even compile has no failed test to show.
    this.count = { ...count, failed: Math.max(1, count.failed) }
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

/**
 * @param {string} title
 * @param {readonly string[]} options
 * @param {Record<string, string>} env
 * @returns {Promise<Count>}
 */
async function runCargoTest(title, options, env) {
  /** @type {Count} */
  let count = { passed: 0, failed: 0 }
  await step(title, async (note) => {
    const args = ['test', '--manifest-path', 'rust-wasm/Cargo.toml', '--release', ...options]
    try {
      count = countCargoTests(await run('cargo', args, { onLine: note, env }))
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new TestsFailed(error, countCargoTests(error.output))
    }
    return summary(count)
  })
  return count
}

/** All of Rust's tests, outside the browser. */
export function runRustTests() {
  // Optimised, or tests over thousands of vectors take minutes; yet with the assertions of a debug
  // build, or what overflows goes unseen.
  return runCargoTest('Rust tests', [], {
    CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
    CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
    CARGO_PROFILE_RELEASE_LTO: 'off',
  })
}

/**
 * Those of Rust's tests that are marked for WebAssembly, as WebAssembly, in Node.
 *
 * @param {keyof typeof targetFeatures} variant
 */
export function runWasmTests(variant) {
  // Node 20 knows relaxed SIMD, but only when asked; later ones need no asking and refuse the flag.
  const mustAsk = variant === 'relaxed' && process.versions.node.startsWith('20.')
  return runCargoTest(`Rust tests as WebAssembly, ${variant}`, ['--lib', '--target', wasmTarget], {
    RUSTFLAGS: `-Ctarget-feature=${targetFeatures[variant]}`,
    CARGO_TARGET_DIR: inRepository('rust-wasm', 'target', variant),
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: 'wasm-bindgen-test-runner',
    NODE_ARGS: mustAsk ? '--experimental-wasm-relaxed-simd' : '',
  })
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
        await countVitestTests(report).catch(() => ({ passed: 0, failed: 0 })),
      )
    }
    return summary(count)
  })
  return count
}
