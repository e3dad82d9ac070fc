// dist/: what npm carries. Entries share chunks, so that QuiverError is one class in all of them;
// each worker is one file that needs nothing beside it but what it loads by URL.

import { rm } from 'node:fs/promises'
import { rolldown } from 'rolldown'
import { inRepository, root } from '../lib/root.mjs'
import { onlyWhenChanged } from '../lib/stamp.mjs'
import { step } from '../lib/step.mjs'
import { assets } from './assets.mjs'
import { checkLibrary, peer } from './check-library.mjs'
import { writeDeclarations } from './declarations.mjs'
import { entries } from './entries.mjs'
import { licences } from './licences.mjs'

/** What each run of rolldown makes: files in dist/ by name, and the modules they start from. */
const bundles = [
  entries,
  { worker: 'src/worker/entry.ts' },
  { 'thread.worker': 'src/engine/wasm/threads/thread.worker.ts' },
  { 'embed/transformers.worker': 'src/embed/transformers/worker.ts' },
]

async function bundle() {
  const notices = licences()
  for (const input of bundles) {
    const build = await rolldown({
      input,
      cwd: root,
      platform: 'browser',
      external: [peer],
      // A warning is a bug in what thousands would download.
      onLog: (level, log) => {
        if (level === 'warn') throw new Error(log.message)
      },
      plugins: [assets(), notices.collect],
    })
    await build.write({
      dir: inRepository('dist'),
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: input === entries,
    })
    await build.close()
  }
  await notices.write()
}

export async function buildLibrary() {
  await step('Library', (note) =>
    onlyWhenChanged(
      'library',
      {
        inputs: [
          'src',
          'models',
          'rust-wasm/pkg',
          'scripts/build',
          'package.json',
          'package-lock.json',
          'tsconfig.json',
          'tsconfig.build.json',
        ],
        outputs: ['dist/index.js', 'dist/worker.js', 'dist/types/index.d.ts'],
      },
      async () => {
        await rm(inRepository('dist'), { recursive: true, force: true })
        note('bundling')
        await bundle()
        note('writing declarations')
        await writeDeclarations()
        note('checking what was built')
        return checkLibrary()
      },
    ),
  )
}
