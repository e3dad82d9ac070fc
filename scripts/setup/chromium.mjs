import { existsSync } from 'node:fs'
import { Stop } from '../lib/run.mjs'
import { step } from '../lib/step.mjs'
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * The Chromium that tests drive: CHROMIUM_PATH, else one installed in a usual place, else Playwright's.
 *
 * @returns {Promise<string | undefined>} its path; undefined when there is none
 */
export async function findChromium() {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined) return existsSync(named) ? named : undefined
  const usual = usualPlaces.find((path) => existsSync(path))
  if (usual !== undefined) return usual
  const { chromium } = await import('playwright-core')
  const playwrights = chromium.executablePath()
  return existsSync(playwrights) ? playwrights : undefined
}

/** Flags under which tests run: no sandbox (they may run as root), no talk with the outside. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
]

/** Flags under which IndexedDB is stored by SQLite instead of LevelDB; the profile's folder IndexedDB shows which it was. */
export const sqliteFlags = ['--enable-features=IdbSqliteBackingStore']

/** A Chromium for the tests. Playwright must be there. */
export async function installChromium() {
  await step('Chromium', async (note) => {
    const found = await findChromium()
    if (found !== undefined) return found
    if (process.env['CHROMIUM_PATH'] !== undefined || !canInstallDebianPackages) {
      throw new Stop(
        'Chromium is missing: run  npx playwright-core install chromium  (or install it and set CHROMIUM_PATH), then run this again.',
      )
    }
    await installDebianPackages(['chromium'], note)
    return findChromium()
  })
}
