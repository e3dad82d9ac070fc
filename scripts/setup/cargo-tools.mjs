import { readFile } from 'node:fs/promises'
import { inRepository } from '../lib/root.mjs'
import { run, tryRun } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'

/** The command-line tool refuses modules made with any other version of the wasm-bindgen crate. */
async function lockedWasmBindgen() {
  const lock = await readFile(inRepository('rust-wasm', 'Cargo.lock'), 'utf8')
  const version = /name = "wasm-bindgen"\nversion = "(.+)"/.exec(lock)?.[1]
  if (version === undefined) throw new Error('rust-wasm/Cargo.lock names no wasm-bindgen')
  return version
}

/**
 * @param {string} program
 * @param {string} version
 */
async function isInstalled(program, version) {
  return (await tryRun(program, ['--version']))?.trim() === `${program} ${version}`
}

/** wasm-pack and wasm-bindgen, each built from its locked sources unless that version is there. */
export async function installCargoTools() {
  const tools = [
    { program: 'wasm-pack', crate: 'wasm-pack', version: '0.15.1', options: [] },
    {
      program: 'wasm-bindgen',
      crate: 'wasm-bindgen-cli',
      version: await lockedWasmBindgen(),
      options: ['--no-default-features'],
    },
  ]
  await step('wasm-pack and wasm-bindgen', async (note) => {
    const missing = []
    for (const tool of tools) {
      if (!(await isInstalled(tool.program, tool.version))) missing.push(tool)
    }
    if (missing.length === 0) return 'up to date'
    const names = missing.map(({ program }) => program).join(' and ')
    note(`cargo install ${names} (two to four minutes, once)`)
    await Promise.all(
      missing.map(({ crate, version, options }) =>
        run(
          'cargo',
          ['install', crate, '--version', `=${version}`, '--locked', ...options].concat([
            '--root',
            inRepository('.cache', 'cargo'),
          ]),
          {
            onLine: (line) => {
              note(`cargo install ${crate}: ${line}`)
            },
          },
        ),
      ),
    )
    return undefined
  })
}
