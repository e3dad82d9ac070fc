import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Plugin, Rolldown } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const serviceWorker = 'service-worker.js'

/**
 * Builds `src/service-worker.ts` beside the page and tells it what to keep: every file of the build, but not the
 * definitions, which are in the database once they have been indexed.
 */
export function precache(): Plugin {
  return {
    name: 'precache',
    apply: 'build',
    enforce: 'post',
    config: () => ({
      build: {
        rolldownOptions: {
          input: { index: here('../index.html'), worker: here('../src/service-worker.ts') },
          output: {
            entryFileNames: ({ name }) =>
              name === 'worker' ? serviceWorker : 'assets/[name]-[hash].js',
          },
        },
      },
    }),
    generateBundle(_options, bundle) {
      const worker = bundle[serviceWorker]
      if (worker?.type !== 'chunk') this.error(`${serviceWorker} was not built.`)
      const outputs = Object.values(bundle).filter((output) => output !== worker)
      const files = outputs.map(({ fileName }) => fileName.replace(/^index\.html$/, './')).sort()
      files.push('data/LICENSE.txt')
      const lines = [
        `const VERSION = ${JSON.stringify(contentHash(outputs))}`,
        `const FILES = ${JSON.stringify(files, null, 2)}`,
      ]
      worker.code = `${lines.join('\n')}\n${worker.code}`
    },
  }
}

function contentHash(outputs: readonly (Rolldown.OutputAsset | Rolldown.OutputChunk)[]): string {
  const hash = createHash('sha256')
  for (const output of outputs) {
    hash.update(output.fileName)
    hash.update(output.type === 'chunk' ? output.code : output.source)
  }
  return hash.digest('hex').slice(0, 12)
}
