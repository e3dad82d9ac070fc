// What a clone needs, in the order in which one thing needs another.

import { installCargoTools } from './cargo-tools.mjs'
import { installChromium } from './chromium.mjs'
import { installPackages } from './packages.mjs'
import { installRust } from './rust.mjs'

/** Everything that building takes. */
export async function setUpForBuilding() {
  await installPackages()
  await installRust()
  await installCargoTools()
}

/** Everything that building and testing take. */
export async function setUpForTesting() {
  await setUpForBuilding()
  await installChromium()
}
