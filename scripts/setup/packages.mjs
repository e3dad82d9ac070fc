import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { inRepository } from '../lib/root.mjs'
import { Stop, run } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'

/** The oldest Node that Vite, Vitest and ESLint run on. */
const oldest = /** @type {const} */ ([20, 19])

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  throw new Stop(
    `Quiver is built with Node ${oldest.join('.')} or newer, and this is ${process.versions.node}: install it from https://nodejs.org and run this again.`,
  )
}

/**
 * @typedef {{ packages: Record<string, { optional?: boolean, peer?: boolean }> }} Lock
 * @param {string} path
 * @returns {Promise<Lock['packages']>}
 */
async function lockedPackages(path) {
  /** @type {Lock} */
  const lock = JSON.parse(await readFile(path, 'utf8'))
  delete lock.packages['']
  return lock.packages
}

/** npm writes down what it put into node_modules: all that is locked, less what another platform needs. */
async function installedAsLocked() {
  const record = inRepository('node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = await lockedPackages(record)
  const locked = await lockedPackages(inRepository('package-lock.json'))
  const asLocked = Object.entries(installed).every(([path, entry]) =>
    isDeepStrictEqual(entry, locked[path]),
  )
  const complete = Object.entries(locked).every(
    ([path, { optional }]) => optional || installed[path],
  )
  return asLocked && complete
}

/** Node is new enough, and node_modules holds what package-lock.json says. */
export async function installPackages() {
  checkNode()
  await step('npm packages', async (note) => {
    if (await installedAsLocked()) return 'up to date'
    note('npm ci')
    await run('npm', ['ci', '--no-audit', '--no-fund'], { onLine: note })
    return undefined
  })
}
