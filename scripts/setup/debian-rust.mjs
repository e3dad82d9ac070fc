// Rust with a wasm32 standard library on Debian, without rustup. Debian packages a recent compiler
// (for its browsers) and the library's sources, but no library built for wasm32-unknown-unknown:
// it is built here once, into the compiler's own sysroot, where every later cargo build finds it.

import { existsSync } from 'node:fs'
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, tryRun } from '../lib/run.mjs'
import { installDebianPackages } from './debian.mjs'

const target = 'wasm32-unknown-unknown'
const rustc = '/usr/bin/rustc'
const cargo = '/usr/bin/cargo'
const packages = [
  'rustc-web',
  'cargo-web',
  'rust-web-src',
  'rust-web-clippy',
  'rustfmt-web',
  'lld-19',
  'gcc',
  'libc6-dev',
]

/** A crate that holds nothing: building it with -Zbuild-std builds the standard library. */
const emptyCrate = `[package]
name = "empty"
version = "0.0.0"
edition = "2021"

[profile.release]
panic = "abort"
`

/**
 * rustc calls its linker for wasm "rust-lld" and looks for it in its own folder; Debian ships the
 * same program as wasm-ld-19.
 *
 * @param {string} sysroot
 * @param {string} host
 */
async function linkLinker(sysroot, host) {
  const folder = join(sysroot, 'lib/rustlib', host, 'bin')
  await mkdir(folder, { recursive: true })
  await rm(join(folder, 'rust-lld'), { force: true })
  await symlink('/usr/bin/wasm-ld-19', join(folder, 'rust-lld'))
}

/**
 * @param {string} sysroot
 * @param {string} libraries where the built library belongs
 * @param {(note: string) => void} note
 */
async function buildStandardLibrary(sysroot, libraries, note) {
  const sources = await realpath(join(sysroot, 'lib/rustlib/src/rust'))
  const crate = await mkdtemp(join(tmpdir(), 'wasm-std-'))
  await mkdir(join(crate, 'src'))
  await mkdir(join(crate, '.cargo'))
  await writeFile(join(crate, 'Cargo.toml'), emptyCrate)
  await writeFile(join(crate, 'src/lib.rs'), '#![no_std]\n')
  await writeFile(
    join(crate, '.cargo/config.toml'),
    `[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = ${JSON.stringify(join(sources, 'library/vendor'))}
`,
  )
  note(`building Rust's standard library for ${target} (about two minutes)`)
  const wanted = '-Zbuild-std=std,panic_abort,test,proc_macro'
  await run(cargo, ['build', '--release', '--offline', '--target', target, wanted], {
    cwd: crate,
    env: {
      RUSTC: rustc,
      // -Zbuild-std on a stable compiler; the library is the compiler's own, so nothing drifts.
      RUSTC_BOOTSTRAP: '1',
      // Bitcode beside machine code lets builds with link-time optimisation use it too.
      RUSTFLAGS: '-Cembed-bitcode=yes',
      RUSTUP_TOOLCHAIN: undefined,
      CARGO_TARGET_DIR: join(crate, 'target'),
    },
    onLine: note,
  })
  const built = join(crate, 'target', target, 'release/deps')
  await rm(libraries, { recursive: true, force: true })
  await mkdir(libraries, { recursive: true })
  for (const file of await readdir(built)) {
    const wantedHere = file.endsWith('.rlib') && !file.startsWith('libempty-')
    if (wantedHere) await cp(join(built, file), join(libraries, file))
  }
  await rm(crate, { recursive: true })
}

/** @param {(note: string) => void} note */
export async function installDebianRust(note) {
  await installDebianPackages(packages, note)
  const version = await run(rustc, ['-vV'])
  const host = /^host: (.+)$/m.exec(version)?.[1] ?? ''
  const sysroot = (await run(rustc, ['--print', 'sysroot'])).trim()
  const libraries = join(sysroot, 'lib/rustlib', target, 'lib')
  const stamp = join(libraries, '.built-by')
  if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== version) {
    await linkLinker(sysroot, host)
    await buildStandardLibrary(sysroot, libraries, note)
    await writeFile(stamp, version)
  }
  // Where a rustup is there too, its proxies reach this compiler by name.
  await tryRun('rustup', ['toolchain', 'link', 'debian', sysroot])
}
