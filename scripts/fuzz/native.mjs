// The core's own fuzzer: a property over the chunks of an index, which proptest damages and re-seals. Every run of it
// takes other inputs; what fails is shrunk, printed, and kept by proptest under rust-wasm/proptest-regressions/.

import { rustTestEnvironment } from '../check/suites.mjs'
import { run, Stop } from '../lib/run.mjs'

const PROPERTY = 'no_bytes_lead_astray'
const test = ['test', '--manifest-path', 'rust-wasm/Cargo.toml', '--release', '--lib', PROPERTY]

/**
 * @param {number} until the time to stop at, by `performance.now()`
 * @param {(text: string) => void} note
 * @returns {Promise<string>} how often it held
 */
export async function fuzzNatively(until, note) {
  let runs = 0
  do {
    const output = await run('cargo', test, { env: rustTestEnvironment })
    if (!/\b1 passed/.test(output)) throw new Stop(`The core has no property ${PROPERTY} any more.`)
    runs++
    note(`held ${runs} times`)
  } while (performance.now() < until)
  return `held ${runs} times`
}
