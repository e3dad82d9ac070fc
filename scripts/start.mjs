import { buildDemo } from './build/demo.mjs'
import { buildWasm } from './build/wasm.mjs'
import { prepareData } from './data.mjs'
import { inRepository } from './lib/root.mjs'
import { command } from './lib/step.mjs'
import { setUpForBuilding } from './setup/index.mjs'

await command(async () => {
  await setUpForBuilding()
  await buildWasm()
  const { buildLibrary } = await import('./build/library.mjs')
  await buildLibrary()
  await prepareData()
  await buildDemo()

  const { preview } = await import('vite')
  const server = await preview({
    root: inRepository('demo'),
    configFile: inRepository('vite.config.ts'),
    logLevel: 'warn',
  })
  console.log(`\nThe demo is at ${server.resolvedUrls?.local[0]} (stop it with Ctrl-C)`)
})
