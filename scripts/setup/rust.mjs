import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, Stop, run, tryRun } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs'
import { installDebianRust } from './debian-rust.mjs'

export const wasmTarget = 'wasm32-unknown-unknown'

/**
 * @param {(note: string) => void} note
 * @returns {Promise<boolean>} whether the Rust that is found here has a standard library for WebAssembly, and its
 *   sources, of which the build with threads makes another
 */
async function isComplete(note) {
  const question = ['--print', 'target-libdir', '--print', 'sysroot', '--target', wasmTarget]
  const answer = await tryRun('rustc', question, { onLine: note })
  const [libraries = '', sysroot = ''] = answer?.trim().split('\n') ?? []
  const sources = join(sysroot, 'lib/rustlib/src/rust/library/Cargo.lock')
  return existsSync(libraries) && existsSync(sources)
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

/** Rust with the wasm target and the standard library's sources, by rustup where it can, else from Debian's packages. */
export async function installRust() {
  await installLinker()
  await step('Rust for WebAssembly', async (note) => {
    const rustup = (await tryRun('rustup', ['--version'])) !== undefined
    if (rustup) {
      // rust-toolchain.toml names the version; the first call of one of its programs installs it.
      note('rustup')
      if (await isComplete(note)) return version()
      try {
        await run('rustup', ['target', 'add', wasmTarget], { onLine: note })
        await run('rustup', ['component', 'add', 'rust-src'], { onLine: note })
        return await version()
      } catch (error) {
        if (!(error instanceof CommandFailed) || !canInstallDebianPackages) throw error
      }
    }
    if (!canInstallDebianPackages) {
      if (await isComplete(note)) return version()
      throw new Stop(
        "Rust is missing, or its wasm32-unknown-unknown target, or its rust-src: install them with  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y  and run this again.",
      )
    }
    await installDebianRust(note)
    if (rustup) process.env['RUSTUP_TOOLCHAIN'] = 'debian'
    return version()
  })
}
