// The core, compiled twice: every browser of the last years runs simd128, newer ones relaxed SIMD
// as well. The worker picks one when it loads.

import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { inRepository } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'

/** What rustc emits and wasm-opt must therefore accept. */
const features = [
  'simd',
  'bulk-memory',
  'bulk-memory-opt',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'reference-types',
  'multivalue',
]

const variants = [
  {
    name: 'simd128',
    targetFeatures: '+simd128',
    features,
    proof: /\bv128\.load\b/,
  },
  {
    name: 'relaxed',
    targetFeatures: '+simd128,+relaxed-simd',
    features: [...features, 'relaxed-simd'],
    proof: /\brelaxed_|\.dot_i8x16_i7x16/,
  },
]

/**
 * @param {typeof variants[number]} variant
 * @param {(note: string) => void} note
 */
async function buildVariant({ name, targetFeatures, features, proof }, note) {
  const out = inRepository('rust-wasm', 'pkg', name)
  await rm(out, { recursive: true, force: true })
  const wasmPack = ['build', 'rust-wasm', '--release', '--target', 'web', '--mode', 'no-install']
  await run(
    'wasm-pack',
    [...wasmPack, '--no-pack', '--no-opt', '--out-dir', out, '--out-name', 'core'],
    {
      env: {
        RUSTFLAGS: `-Ctarget-feature=${targetFeatures}`,
        // A folder each, or the two builds would throw away each other's dependencies.
        CARGO_TARGET_DIR: inRepository('rust-wasm', 'target', name),
      },
      onLine: note,
    },
  )
  const wasm = `${out}/core_bg.wasm`
  const enabled = features.map((feature) => `--enable-${feature}`)
  await run('wasm-opt', ['-O3', ...enabled, wasm, '-o', wasm], { onLine: note })
  if (!proof.test(await run('wasm-dis', [...enabled, wasm]))) {
    throw new Error(
      `the ${name} build holds no instruction that matches ${proof}: its SIMD is lost`,
    )
  }
  return promisify(gzip)(await readFile(wasm), { level: 9 })
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
        async () => {
          const zipped = await buildVariant(variant, note)
          return `${(zipped.length / 1024).toFixed(1)} KiB gzipped`
        },
      ),
    )
  }
}
