import { existsSync } from 'node:fs'
import { CommandFailed, Stop, run, tryRun } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs'
import { installDebianRust } from './debian-rust.mjs'

export const wasmTarget = 'wasm32-unknown-unknown'

/** Whether the Rust that `cargo` finds here has a standard library for WebAssembly. */
async function hasWasmTarget() {
  const libraries = await tryRun('rustc', ['--print', 'target-libdir', '--target', wasmTarget])
  return libraries !== undefined && existsSync(libraries.trim())
}

async function version() {
  return (await run('rustc', ['--version'])).trim()
}

/** A linker, which rustc needs for build scripts and for the tests that run outside the browser. */
async function installLinker() {
  if ((await tryRun('cc', ['--version'])) !== undefined) return
  if (!canInstallDebianPackages) {
    throw new Stop(
      'A C compiler is missing, which Rust links with: install gcc or clang (on a Mac: xcode-select --install) and run this again.',
    )
  }
  await step('C compiler', (note) => installDebianPackages(['gcc', 'libc6-dev'], note))
}

/** Rust with the wasm target, by rustup where it can, else from Debian's packages. */
export async function installRust() {
  await installLinker()
  await step('Rust for WebAssembly', async (note) => {
    const rustup = (await tryRun('rustup', ['--version'])) !== undefined
    if (rustup) {
      // rust-toolchain.toml names the version; the first call of a proxy installs it.
      note('rustup')
      if (await hasWasmTarget()) return version()
      try {
        await run('rustup', ['target', 'add', wasmTarget], { onLine: note })
        return await version()
      } catch (error) {
        if (!(error instanceof CommandFailed) || !canInstallDebianPackages) throw error
      }
    }
    if (!canInstallDebianPackages) {
      if (await hasWasmTarget()) return version()
      throw new Stop(
        "Rust is missing: install it with  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y  and run this again.",
      )
    }
    await installDebianRust(note)
    if (rustup) process.env['RUSTUP_TOOLCHAIN'] = 'debian'
    return version()
  })
}
