import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const id = 'virtual:definitions'
const manifest = fileURLToPath(new URL('../public/data/manifest.json', import.meta.url))

/** Tells the page, as it is built, which definitions lie beside it: nothing to ask for on a visit. */
export function definitions(): Plugin {
  return {
    name: 'definitions',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    async load(resolved) {
      if (resolved !== `\0${id}`) return undefined
      this.addWatchFile(manifest)
      return `export default ${await readFile(manifest, 'utf8')}`
    },
  }
}
