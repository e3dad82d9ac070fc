import { run } from '../lib/run.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'

/** demo/dist: the demo, built on dist/ as any user of the package would. */
export async function buildDemo() {
  await step('Demo', (note) =>
    onlyWhenChanged(
      'demo',
      {
        inputs: [
          'demo/index.html',
          'demo/src',
          'demo/build',
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
