// The core, compiled twice: every browser of the last years runs simd128, newer ones relaxed SIMD
// as well. The worker picks one when it loads.

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzippedSize } from '../lib/gzipped-size.mjs'
import { inRepository } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'

/** Instructions as wasm-dis prints them. */
const simd = /\bv128\.load\b/
const relaxedSimd = /\b[fi]\d+x\d+\.relaxed_|\.dot_i8x16_i7x16_/

/** What each build asks of rustc. */
export const targetFeatures = {
  simd128: '+simd128',
  relaxed: '+simd128,+relaxed-simd',
}

/** @type {readonly { name: keyof typeof targetFeatures, holds: RegExp[], lacks: RegExp[] }[]} */
const variants = [
  { name: 'simd128', holds: [simd], lacks: [relaxedSimd] },
  { name: 'relaxed', holds: [simd, relaxedSimd], lacks: [] },
]

/**
 * @param {typeof variants[number]} variant
 * @param {(note: string) => void} note
 * @returns {Promise<string>} the size, for people
 */
async function buildVariant({ name, holds, lacks }, note) {
  const out = inRepository('rust-wasm', 'pkg', name)
  await rm(out, { recursive: true, force: true })
  const options = ['--target', 'web', '--mode', 'no-install', '--no-pack']
  await run(
    'wasm-pack',
    ['build', 'rust-wasm', ...options, '--out-dir', out, '--out-name', 'core'],
    {
      env: {
        RUSTFLAGS: `-Ctarget-feature=${targetFeatures[name]}`,
        // A folder each, or the two builds would throw away each other's dependencies.
        CARGO_TARGET_DIR: inRepository('rust-wasm', 'target', name),
      },
      onLine: note,
    },
  )

  const wasm = join(out, 'core_bg.wasm')
  const instructions = await run('wasm-dis', ['--all-features', wasm])
  if (!holds.every((pattern) => pattern.test(instructions))) {
    throw new Error(
      `the ${name} build has lost its SIMD: rust-wasm/pkg/${name} holds no such instruction`,
    )
  }
  if (lacks.some((pattern) => pattern.test(instructions))) {
    throw new Error(`the ${name} build holds instructions that its browsers do not know`)
  }
  return gzippedSize(await readFile(wasm))
}

/** rust-wasm/pkg/simd128 and rust-wasm/pkg/relaxed, each `core.js`, `core.d.ts` and `core_bg.wasm`. */
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
}
