// Bundlers find a package's workers and binary files by one pattern: `new URL('…', import.meta.url)`,
// written out, no variable and no helper around it. The sources write it relative to their own
// folders; this plugin for rolldown rewrites each to where the file lies in dist/, copies what it
// names, and changes nothing else about it.

import { readFile } from 'node:fs/promises'
import { dirname, posix, relative, resolve, sep } from 'node:path'
import { inRepository, root } from '../lib/root.mjs'

/** Files and workers that sources refer to by URL, and their places in dist/. */
export const places = new Map([
  ['rust-wasm/pkg/simd128/core_bg.wasm', 'core_simd128_bg.wasm'],
  ['rust-wasm/pkg/relaxed/core_bg.wasm', 'core_relaxed_bg.wasm'],
  ['rust-wasm/pkg/threads/core_bg.wasm', 'core_threads_bg.wasm'],
  ['models/static-en-256.bin', 'static-en-256.bin'],
  ['src/worker/entry.ts', 'worker.js'],
  ['src/engine/wasm/threads/thread.worker.ts', 'thread.worker.js'],
  ['src/embed/transformers/worker.ts', 'embed/transformers.worker.js'],
])

const literal = /new URL\(\s*(['"])([^'"]+)\1,\s*import\.meta\.url,?\s*\)/g
/** Stands in front of a path in dist/ until it is known in which file of dist/ the code ends. */
const mark = 'quiver-dist:'

/**
 * @param {string} code of a chunk
 * @param {string} folder of dist/ that the chunk lies in
 */
function finalUrls(code, folder) {
  return code
    .replace(literal, (all, _quote, /** @type {string} */ url) => {
      if (!url.startsWith(mark)) return all
      const path = posix.relative(folder, url.slice(mark.length))
      return `new URL('${path.startsWith('.') ? path : `./${path}`}', import.meta.url)`
    })
    .replace(/(import\.meta\.url\),\s*)\{\s*type: "module"\s*\}/g, "$1{ type: 'module' }")
}

/** @returns {import('rolldown').Plugin} */
export function assets() {
  return {
    name: 'assets',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null
      return code.replace(literal, (_all, _quote, /** @type {string} */ url) => {
        const source = relative(root, resolve(dirname(id), url))
          .split(sep)
          .join('/')
        const place = places.get(source)
        if (place === undefined) {
          this.error(`${source} has no place in dist/: name it in scripts/build/assets.mjs`)
        }
        return `new URL('${mark}${place}', import.meta.url)`
      })
    },
    // Not in renderChunk: what it returns is printed once more, with quotes of the printer's liking.
    async generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk') {
          chunk.code = finalUrls(chunk.code, posix.dirname(chunk.fileName))
        }
      }
      for (const [source, place] of places) {
        if (source.endsWith('.ts')) continue
        this.emitFile({
          type: 'asset',
          fileName: place,
          source: await readFile(inRepository(source)),
        })
      }
    },
  }
}
