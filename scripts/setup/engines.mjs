// Browsers of other engines, as Debian ships them. Only test:torture wants them, and does without where they cannot be had.

import { existsSync } from 'node:fs'
import { canInstallDebianPackages, installDebianPackages } from './debian.mjs'

/**
 * @typedef {object} Engine
 * @property {readonly string[]} packages of Debian
 * @property {() => string | undefined} find the program, where it is installed
 * @property {(program: string, profile: string, url: string) => readonly [string, ...string[]]} start what to run
 */

/** @param {readonly string[]} places */
const firstOf = (places) => places.find((place) => existsSync(place))

export const engines = /** @satisfies {Record<string, Engine>} */ ({
  firefox: {
    packages: ['firefox-esr'],
    find: () => firstOf(['/usr/bin/firefox-esr', '/usr/bin/firefox']),
    start: (program, profile, url) => [
      program,
      '--headless',
      '--no-remote',
      '--profile',
      profile,
      url,
    ],
  },
  webkit: {
    packages: ['libwebkit2gtk-4.1-0', 'xvfb', 'xauth'],
    find: () => firstOf(['/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser']),
    // It takes its folders from the environment, and needs a screen.
    start: (program, profile, url) => [
      'env',
      `XDG_DATA_HOME=${profile}`,
      `XDG_CACHE_HOME=${profile}`,
      'xvfb-run',
      '-a',
      program,
      url,
    ],
  },
})

/**
 * @param {keyof typeof engines} name
 * @param {(note: string) => void} note
 * @returns {Promise<string | undefined>} the program; undefined where there is none to be had
 */
export async function installEngine(name, note) {
  const { packages, find } = engines[name]
  if (find() === undefined && canInstallDebianPackages) await installDebianPackages(packages, note)
  return find()
}
