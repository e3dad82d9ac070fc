import { buildWasm } from './build/wasm.mjs'
import { prepareData } from './data.mjs'
import { inRepository } from './lib/root.mjs'
import { command } from './lib/step.mjs'
import { setUpForBuilding } from './setup/index.mjs'

await command(async () => {
  await setUpForBuilding()
  await buildWasm()
  await prepareData()

  const { createServer } = await import('vite')
  const server = await createServer({
    root: inRepository('demo'),
    configFile: inRepository('vite.config.ts'),
  })
  await server.listen()
  server.printUrls()
})
