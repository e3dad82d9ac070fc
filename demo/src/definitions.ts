// WordNet's definitions as `scripts/data.mjs` lays them out: the words most used come first.

import manifest from 'virtual:definitions'
import type { Entry } from './dictionary.ts'

export { manifest }

/** The definitions could not be loaded, most likely because there is no network. */
export class LoadingFailed extends Error {
  override readonly name = 'LoadingFailed'
}

type Row = readonly [id: string, words: string[], definition: string, examples: string[]]

/** The `index`-th file. @throws LoadingFailed */
export async function loadBatch(index: number): Promise<Entry[]> {
  const file = `${manifest.version}/${String(index).padStart(3, '0')}.json`
  try {
    const response = await fetch(new URL(`data/${file}`, document.baseURI))
    if (!response.ok) throw new Error(`the server says ${response.status}`)
    const rows = (await response.json()) as readonly Row[]
    return rows.map(([id, words, definition, examples]) => ({ id, words, definition, examples }))
  } catch (cause) {
    throw new LoadingFailed(`${file} could not be loaded: ${String(cause)}`, { cause })
  }
}
