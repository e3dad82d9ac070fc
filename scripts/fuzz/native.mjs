// Rust's own fuzzers: a property over the chunks of an index, of vectors and of words, which proptest damages and re-seals.
// Every run of it takes other inputs; what fails is shrunk, printed, and kept by proptest in proptest-regressions/.

import { rustTestEnvironment } from '../check/suites.mjs'
import { run, Stop } from '../lib/run.mjs'

const PROPERTY = 'no_bytes_lead_astray'
const manifests = ['rust-wasm/Cargo.toml', 'rust-wasm/words/Cargo.toml']

/**
 * @param {number} until the time to stop at, by `performance.now()`
 * @param {(text: string) => void} note
 * @returns {Promise<string>} how often it held
 */
export async function fuzzNatively(until, note) {
  let runs = 0
  do {
    for (const manifest of manifests) {
      const test = ['test', '--manifest-path', manifest, '--release', '--lib', PROPERTY]
      const output = await run('cargo', test, { env: rustTestEnvironment })
      if (!/\b1 passed/.test(output)) throw new Stop(`${manifest} has no ${PROPERTY} any more.`)
    }
    runs++
    note(`held ${runs} times`)
  } while (performance.now() < until)
  return `held ${runs} times`
}
