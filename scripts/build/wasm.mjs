// The core, compiled three times: every browser of the last years runs simd128, newer ones relaxed SIMD
// as well, and pages that are cross-origin isolated may share memory among threads. The worker picks
// one when it loads.

import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzippedSize } from '../lib/gzipped-size.mjs'
import { inRepository } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'

/** Instructions as wasm-dis prints them. */
const simd = /\bv128\.load\b/
const relaxedSimd = /\b[fi]\d+x\d+\.relaxed_|\.dot_i8x16_i7x16_/
const atomics = /\bmemory\.atomic\.wait32\b/

/** What each build asks of rustc. */
export const targetFeatures = {
  simd128: '+simd128',
  relaxed: '+simd128,+relaxed-simd',
  threads: '+simd128,+relaxed-simd,+atomics,+bulk-memory,+mutable-globals',
}

/** One memory for all instances, as large as WebAssembly has it, and what wasm-bindgen makes a thread's own state with. */
const sharedMemory = [
  '--shared-memory',
  '--import-memory',
  '--max-memory=4294967296',
  ...['__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base', '__heap_base'].map(
    (symbol) => `--export=${symbol}`,
  ),
]

/** Nobody would read the message of a panic: it traps. Its text and what formats it would be a tenth of the bytes. */
const panicAtOnce = ['-Zunstable-options', '-Cpanic=immediate-abort']

/** What is fast because it is inlined asks for that; of all else LLVM would inline more than is of any use: 225. */
const inlineLess = ['-Cllvm-args=-inline-threshold=80']

/** Loops of a length unknown beforehand stay as written: what gains by more at once is written so. */
const unrollLess = ['-Cllvm-args=-unroll-runtime=false']

/**
 * Rust ships no standard library for this target with atomics, nor one that panics at once: it is built along, from the
 * compiler's own sources.
 */
const ownStandardLibrary = [
  '-Zbuild-std=std,panic_abort',
  // Sorts by heap, which is 1.9 kB less: nothing here sorts much.
  '-Zbuild-std-features=optimize_for_size',
]

/**
 * @typedef {object} Variant
 * @property {keyof typeof targetFeatures} name
 * @property {readonly RegExp[]} holds instructions it must have
 * @property {readonly RegExp[]} lacks instructions that its browsers do not know
 * @property {readonly string[]} [linkerOptions]
 */

/** @type {readonly Variant[]} */
const variants = [
  { name: 'simd128', holds: [simd], lacks: [relaxedSimd, atomics] },
  { name: 'relaxed', holds: [simd, relaxedSimd], lacks: [atomics] },
  {
    name: 'threads',
    holds: [simd, relaxedSimd, atomics],
    lacks: [],
    linkerOptions: sharedMemory,
  },
]

/**
 * @param {string} crate a folder
 * @param {string} target where cargo builds: a folder each, or builds would throw away each other's dependencies
 * @param {string} name of the files
 * @param {readonly string[]} flags of rustc
 * @param {(note: string) => void} note
 * @returns {Promise<string>} the folder with what wasm-pack made
 */
async function packCrate(crate, target, name, flags, note) {
  const fresh = join(target, 'pkg')
  await rm(fresh, { recursive: true, force: true })
  const options = ['--target', 'web', '--mode', 'no-install', '--no-pack', '--out-name', name]
  await run(
    'wasm-pack',
    ['build', crate, ...options, '--out-dir', fresh, '--', ...ownStandardLibrary],
    {
      env: {
        RUSTFLAGS: flags.join(' '),
        CARGO_TARGET_DIR: target,
        // Lets the compiler that builds the rest do so, too, where it would take a nightly of another day.
        RUSTC_BOOTSTRAP: '1',
      },
      onLine: note,
    },
  )
  return fresh
}

/**
 * Moves files in one by one: whoever reads the folder meanwhile finds each of them, old or new.
 *
 * @param {string} fresh
 * @param {string} name of the folder in rust-wasm/pkg/
 */
async function publish(fresh, name) {
  const out = inRepository('rust-wasm', 'pkg', name)
  await mkdir(out, { recursive: true })
  for (const file of await readdir(fresh)) await rename(join(fresh, file), join(out, file))
}

/**
 * @param {Variant} variant
 * @param {(note: string) => void} note
 * @returns {Promise<string>} the size, for people
 */
async function buildVariant({ name, holds, lacks, linkerOptions = [] }, note) {
  const flags = [
    `-Ctarget-feature=${targetFeatures[name]}`,
    ...panicAtOnce,
    ...inlineLess,
    ...unrollLess,
    ...linkerOptions.map((option) => `-Clink-arg=${option}`),
  ]
  const target = inRepository('rust-wasm', 'target', name)
  const fresh = await packCrate('rust-wasm', target, 'core', flags, note)

  const wasm = join(fresh, 'core_bg.wasm')
  const instructions = await run('wasm-dis', ['--all-features', wasm])
  if (!holds.every((pattern) => pattern.test(instructions))) {
    throw new Error(`the ${name} build lacks instructions that it is made for`)
  }
  if (lacks.some((pattern) => pattern.test(instructions))) {
    throw new Error(`the ${name} build holds instructions that its browsers do not know`)
  }
  const size = gzippedSize(await readFile(wasm))
  await publish(fresh, name)
  return size
}

/**
 * @param {(note: string) => void} note
 * @returns {Promise<string>} the size, for people
 */
async function buildWords(note) {
  const target = inRepository('rust-wasm', 'target', 'words')
  const flags = [...panicAtOnce, ...inlineLess, ...unrollLess]
  const fresh = await packCrate('rust-wasm/words', target, 'words', flags, note)
  const size = gzippedSize(await readFile(join(fresh, 'words_bg.wasm')))
  await publish(fresh, 'words')
  return size
}

/**
 * rust-wasm/pkg/simd128, rust-wasm/pkg/relaxed and rust-wasm/pkg/threads, each `core.js`, `core.d.ts` and `core_bg.wasm`;
 * and rust-wasm/pkg/words, the same of `words`.
 */
export async function buildWasm() {
  for (const variant of variants) {
    await step(`WebAssembly core, ${variant.name}`, (note) =>
      onlyWhenChanged(
        `wasm-${variant.name}`,
        {
          inputs: [
            'rust-wasm/src',
            'rust-wasm/Cargo.toml',
            'rust-wasm/Cargo.lock',
            'rust-toolchain.toml',
            'scripts/build/wasm.mjs',
          ],
          outputs: [`rust-wasm/pkg/${variant.name}/core_bg.wasm`],
        },
        () => buildVariant(variant, note),
      ),
    )
  }
  await step('WebAssembly words', (note) =>
    onlyWhenChanged(
      'wasm-words',
      {
        inputs: [
          'rust-wasm/words/src',
          'rust-wasm/words/Cargo.toml',
          'rust-wasm/words/Cargo.lock',
          // The core's files that are its own, too.
          'rust-wasm/src/error.rs',
          'rust-wasm/src/memory.rs',
          'rust-toolchain.toml',
          'scripts/build/wasm.mjs',
        ],
        outputs: ['rust-wasm/pkg/words/words_bg.wasm'],
      },
      () => buildWords(note),
    ),
  )
}
