// The checks that run nothing of ours: format, lint, types.

import { targetFeatures } from '../build/wasm.mjs'
import { run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { wasmTarget } from '../setup/rust.mjs'

const manifest = ['--manifest-path', 'rust-wasm/Cargo.toml']
const strict = ['--', '-D', 'warnings']

/** @type {readonly { title: string, program: string, args: readonly string[], env?: Record<string, string> }[]} */
const checks = [
  { title: 'Prettier', program: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { title: 'TypeScript', program: 'tsc', args: [] },
  { title: 'ESLint', program: 'eslint', args: ['--max-warnings', '0', '.'] },
  { title: 'rustfmt', program: 'cargo', args: ['fmt', ...manifest, '--check'] },
  { title: 'Clippy', program: 'cargo', args: ['clippy', ...manifest, '--all-targets', ...strict] },
  {
    title: 'Clippy for WebAssembly',
    program: 'cargo',
    args: ['clippy', ...manifest, '--target', wasmTarget, ...strict],
    env: { RUSTFLAGS: `-Ctarget-feature=${targetFeatures.relaxed}` },
  },
]

/** @returns {Promise<number>} how many checks passed */
export async function runStaticChecks() {
  for (const { title, program, args, env } of checks) {
    await step(title, async (note) => {
      await run(program, args, { onLine: note, ...(env && { env }) })
    })
  }
  return checks.length
}
