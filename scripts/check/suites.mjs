// The checks that run what we wrote, each counting its tests.

import { mkdir, readFile, rm } from 'node:fs/promises'
import { targetFeatures } from '../build/wasm.mjs'
import { inRepository } from '../lib/root.mjs'
import { CommandFailed, run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { wasmTarget } from '../setup/rust.mjs'
import { runInChromium } from './wasm-in-chromium.mjs'

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
 * @param {(note: (line: string) => void) => Promise<string>} work runs tests of Rust, and answers with their output
 * @returns {Promise<Count>}
 */
async function countingCargoTests(title, work) {
  /** @type {Count} */
  let count = { passed: 0, failed: 0 }
  await step(title, async (note) => {
    try {
      count = countCargoTests(await work(note))
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new TestsFailed(error, countCargoTests(error.output))
    }
    return summary(count)
  })
  return count
}

const cargoTest = ['test', '--manifest-path', 'rust-wasm/Cargo.toml', '--release']

/**
 * Optimised, or tests over thousands of vectors take minutes; yet with the assertions of a debug build, or what overflows
 * goes unseen.
 */
export const rustTestEnvironment = {
  CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
  CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
  CARGO_PROFILE_RELEASE_LTO: 'off',
}

const cargoTestWords = ['test', '--manifest-path', 'rust-wasm/words/Cargo.toml', '--release']

/** All of Rust's tests, outside the browser. */
export async function runRustTests() {
  const ofCore = await countingCargoTests('Rust tests', (note) =>
    run('cargo', cargoTest, { env: rustTestEnvironment, onLine: note }),
  )
  const ofWords = await countingCargoTests('Rust tests, words', (note) =>
    run('cargo', cargoTestWords, { env: rustTestEnvironment, onLine: note }),
  )
  return {
    passed: ofCore.passed + ofWords.passed,
    failed: ofCore.failed + ofWords.failed,
  }
}

/**
 * Compile those of Rust's tests that are marked for WebAssembly.
 *
 * @param {keyof typeof targetFeatures} variant
 * @param {(line: string) => void} note
 * @returns {Promise<string>} the test program
 */
async function compileWasmTests(variant, note) {
  note('compiling')
  const options = ['--lib', '--target', wasmTarget, '--no-run', '--message-format', 'json']
  const messages = await run('cargo', [...cargoTest, ...options], {
    env: {
      RUSTFLAGS: `-Ctarget-feature=${targetFeatures[variant]}`,
      CARGO_TARGET_DIR: inRepository('rust-wasm', 'target', variant),
    },
  })
  note('running them')
  const program = /"executable":"([^"]+)"/.exec(messages)?.[1]
  if (program === undefined) throw new Error(`cargo named no test program:\n${messages}`)
  return program
}

/** Rust's tests for WebAssembly, each build where it runs: simd128 in Node, relaxed SIMD in Chromium. */
export async function runWasmTests() {
  const inNode = await countingCargoTests('Rust tests as WebAssembly, simd128', async (note) =>
    run('wasm-bindgen-test-runner', [await compileWasmTests('simd128', note)]),
  )
  const inChromium = await countingCargoTests('Rust tests as WebAssembly, relaxed', async (note) =>
    runInChromium(await compileWasmTests('relaxed', note)),
  )
  return {
    passed: inNode.passed + inChromium.passed,
    failed: inNode.failed + inChromium.failed,
  }
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
 * @param {{ files?: readonly string[], env?: Record<string, string> }} [options] files: parts of their paths; default all
 * @returns {Promise<Count>}
 */
export async function runVitest(project, title, { files = [], env = {} } = {}) {
  const report = inRepository('.cache', `vitest-${project}.json`)
  await mkdir(inRepository('.cache'), { recursive: true })
  await rm(report, { force: true })
  /** @type {Count} */
  let count = { passed: 0, failed: 0 }
  await step(title, async (note) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    try {
      await run('vitest', ['run', '--project', project, ...reporters, ...files], {
        env,
        onLine: note,
      })
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
