import { readAsset } from '../../platform/asset.ts'
import { QuiverError } from '../../contract/errors.ts'
import * as glue from '../../../rust-wasm/pkg/words/words.js'
import { createWordIndex } from './word-index.ts'
import type { WordsEngine } from './words.ts'

export interface WordsOptions {
  /** Where `words_bg.wasm` is, when a bundler or a policy moved it. */
  readonly wasmUrl?: string | URL | undefined
}

/**
 * The words in WebAssembly, instantiated once for each thread that calls: a later call answers the same engine, wherever its
 * `wasmUrl` leads.
 * @throws QuiverError `NOT_FOUND` when the wasm cannot be read, `UNSUPPORTED` when it cannot run here
 */
export async function loadWords({ wasmUrl }: WordsOptions = {}): Promise<WordsEngine> {
  // Written out, for bundlers to find.
  const url = wasmUrl ?? new URL('../../../rust-wasm/pkg/words/words_bg.wasm', import.meta.url)
  const memory = await instantiate(await readAsset(url))
  return { create: (fields) => createWordIndex(memory, fields) }
}

async function instantiate(bytes: Uint8Array): Promise<WebAssembly.Memory> {
  try {
    const module = await WebAssembly.compile(Uint8Array.from(bytes))
    return glue.initSync({ module }).memory
  } catch (cause) {
    throw new QuiverError(
      'UNSUPPORTED',
      "The WebAssembly module for words cannot run here. Under a content security policy it needs script-src with 'wasm-unsafe-eval'.",
      { cause },
    )
  }
}
