import { runStaticCheck, staticChecks } from './check/static.mjs'
import { TestsFailed, runRustTests, runVitest, runWasmTests } from './check/suites.mjs'
import { buildWasm } from './build/wasm.mjs'
import { buildDemo } from './build/demo.mjs'
import { prepareData } from './data.mjs'
import { command } from './lib/step.mjs'
import { setUpForTesting } from './setup/index.mjs'

const total = { passed: 0, failed: 0 }

/** @param {{ passed: number, failed: number }} count */
const add = ({ passed, failed }) => {
  total.passed += passed
  total.failed += failed
}

await command(async () => {
  await setUpForTesting()
  try {
    await buildWasm()
    for (const check of staticChecks) {
      await runStaticCheck(check)
      add({ passed: 1, failed: 0 })
    }
    add(await runRustTests())
    add(await runWasmTests())
    const { buildLibrary } = await import('./build/library.mjs')
    await buildLibrary()
    await prepareData()
    await buildDemo()
    add(await runVitest('unit', 'Unit tests'))
    add(await runVitest('package', 'Package tests'))
    add(await runVitest('browser', 'Browser tests'))
    add(await runVitest('e2e', 'End-to-end tests'))
  } catch (error) {
    add(error instanceof TestsFailed ? error.count : { passed: 0, failed: 1 })
    throw error
  }
})
console.log(`${total.passed} passed, ${total.failed} failed`)
