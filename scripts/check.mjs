import { buildWasm } from './build/wasm.mjs'
import { runStaticCheck, staticChecks } from './check/static.mjs'
import { command } from './lib/step.mjs'
import { setUpForBuilding } from './setup/index.mjs'

await command(async () => {
  await setUpForBuilding()
  // Its declarations are among the types that tsc and eslint check against.
  await buildWasm()
  for (const check of staticChecks) await runStaticCheck(check)
})
