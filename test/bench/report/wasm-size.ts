import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { inRepository } from '../../../scripts/lib/root.mjs'
import type { ContenderName } from '../contenders/names.ts'
import { inRivals } from '../rivals.ts'

/** Bytes of a contender's wasm, gzipped; `undefined` for native code. */
export async function wasmSize(name: ContenderName): Promise<number | undefined> {
  const wasm = await readWasm(name)
  return wasm && gzipSync(wasm, { level: 9 }).length
}

function readWasm(name: ContenderName): Promise<Buffer> | undefined {
  switch (name) {
    case 'quiver-relaxed':
    case 'quiver-collection':
      return readFile(inRepository('rust-wasm', 'pkg', 'relaxed', 'core_bg.wasm'))
    case 'quiver-simd128':
      return readFile(inRepository('rust-wasm', 'pkg', 'simd128', 'core_bg.wasm'))
    case 'edgevec':
      return readFile(inRivals('node_modules', 'edgevec', 'edgevec_bg.wasm'))
    case 'hnswlib-wasm':
      return insideScript(inRivals('node_modules', 'hnswlib-wasm', 'dist'))
    case 'hnswlib-node':
    case 'hnswlib-node-this-cpu':
      return undefined
  }
}

/** The wasm that a script carries as a data URL. */
async function insideScript(folder: string): Promise<Buffer> {
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.js')) continue
    const code = await readFile(`${folder}/${file}`, 'latin1')
    const base64 = /data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)/.exec(code)?.[1]
    if (base64 !== undefined) return Buffer.from(base64, 'base64')
  }
  throw new Error(`No script in ${folder} carries a wasm.`)
}
