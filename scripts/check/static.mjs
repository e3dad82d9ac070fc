// The checks that run nothing of ours: format, lint, types.

import { targetFeatures } from '../build/wasm.mjs'
import { run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { wasmTarget } from '../setup/rust.mjs'

const manifest = ['--manifest-path', 'rust-wasm/Cargo.toml']
const ofWords = ['--manifest-path', 'rust-wasm/words/Cargo.toml']
const strict = ['--', '-D', 'warnings']

/** @typedef {{ title: string, program: string, args: readonly string[], env?: Record<string, string> }} Check */

/** @type {readonly Check[]} */
export const staticChecks = [
  { title: 'Prettier', program: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { title: 'TypeScript', program: 'tsc', args: [] },
  { title: 'ESLint', program: 'eslint', args: ['--max-warnings', '0', '.'] },
  { title: 'rustfmt', program: 'cargo', args: ['fmt', ...manifest, '--check'] },
  { title: 'rustfmt, words', program: 'cargo', args: ['fmt', ...ofWords, '--check'] },
  { title: 'Clippy', program: 'cargo', args: ['clippy', ...manifest, '--all-targets', ...strict] },
  {
    title: 'Clippy for WebAssembly',
    program: 'cargo',
    args: ['clippy', ...manifest, '--target', wasmTarget, ...strict],
    // The build that holds the most code. Its features are unstable, so that the compiler has to be told.
    env: { RUSTFLAGS: `-Ctarget-feature=${targetFeatures.threads}`, RUSTC_BOOTSTRAP: '1' },
  },
  {
    title: 'Clippy, words',
    program: 'cargo',
    args: ['clippy', ...ofWords, '--all-targets', ...strict],
  },
]

/** @param {Check} check */
export async function runStaticCheck({ title, program, args, env }) {
  await step(title, async (note) => {
    await run(program, args, { onLine: note, ...(env && { env }) })
  })
}
