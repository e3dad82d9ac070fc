import { buildWasm } from './build/wasm.mjs'
import { command } from './lib/step.mjs'
import { setUpForBuilding } from './setup/index.mjs'

await command(async () => {
  await setUpForBuilding()
  await buildWasm()
  // Needs the packages that were just installed.
  const { buildLibrary } = await import('./build/library.mjs')
  await buildLibrary()
})
