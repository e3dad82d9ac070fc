// Runs one target of test/fuzz in a thread that can be given up: a decoder that hangs answers no message.

import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { inRepository } from '../lib/root.mjs'

/** An input takes a millisecond or so: whoever is at one for this long will not come back. */
const HANGS_AFTER_MS = 20_000
const LOOK_EVERY_MS = 250
const MOST_HEAP_MIB = 1024

/**
 * @param {string} name of the target
 * @param {number} firstSeed
 * @param {number} until the time to stop at, by `performance.now()`
 * @param {(text: string) => void} note
 * @returns {Promise<{ inputs: number, find?: { seed: number, why: string } }>}
 */
export async function fuzzInThread(name, firstSeed, until, note) {
  const progress = new Float64Array(new SharedArrayBuffer(8))
  const worker = new Worker(inRepository('test', 'fuzz', 'worker.mjs'), {
    workerData: { name, firstSeed, progress },
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
  })
  /** @type {string | undefined} */
  let why
  worker.once('message', (text) => {
    why = text
  })
  worker.once('error', (error) => {
    why = `the thread died: ${error instanceof Error ? error.stack : String(error)}`
  })
  let seen = 0
  let seenAt = performance.now()
  while (why === undefined && performance.now() < until) {
    await sleep(LOOK_EVERY_MS)
    const seed = progress[0] ?? 0
    if (seed !== seen) {
      seen = seed
      seenAt = performance.now()
      note(`${(seed - firstSeed).toLocaleString('en')} inputs`)
    } else if (performance.now() - seenAt > HANGS_AFTER_MS) {
      why ??= `no answer for ${HANGS_AFTER_MS / 1000} s`
    }
  }
  await worker.terminate()
  const seed = progress[0] ?? 0
  const inputs = Math.max(0, seed - firstSeed)
  return why === undefined ? { inputs } : { inputs, find: { seed, why } }
}
