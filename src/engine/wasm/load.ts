import { readAsset } from '../../platform/asset.ts'
import { QuiverError } from '../../contract/errors.ts'
import type { Engine } from '../index.ts'
// The glue of the two builds is the same, byte for byte (a test holds them to it); one serves both.
import { initSync, kernels } from '../../../rust-wasm/pkg/simd128/core.js'
import { createIndex, loadIndex } from './wasm-index.ts'

export interface WasmOptions {
  /** Where `core_bg.wasm` of either build is, when a bundler or a policy moved it. */
  readonly wasmUrl?: string | URL | undefined
}

/**
 * A module with the one instruction the relaxed build needs, `i32x4.relaxed_dot_i8x16_i7x16_add_s`, on three vectors
 * of zeros.
 */
const RELAXED_SIMD_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00], // one type: () -> ()
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x14, 0x01, 0x12, 0x00], // its code: 18 bytes, no locals
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f], // three times: i32.const 0, i8x16.splat
  ...[0xfd, 0x93, 0x02, 0x1a, 0x0b], // the instruction, drop, end
)

/**
 * The engine in WebAssembly, the relaxed SIMD build where the machine has it. The core is instantiated once for each
 * thread: a later call answers the same engine, wherever its `wasmUrl` leads.
 * @throws QuiverError `NOT_FOUND` when the wasm cannot be read, `UNSUPPORTED` when it cannot run here
 */
export async function loadWasmEngine(options: WasmOptions = {}): Promise<Engine> {
  const bytes = await readAsset(options.wasmUrl ?? builtInUrl())
  const memory = await instantiate(bytes)
  return {
    name: `wasm ${kernels()}`,
    create: (config) => createIndex(memory, config),
    load: (config, chunks) => loadIndex(memory, config, chunks),
  }
}

/** Both URLs are written out, for bundlers to find. */
function builtInUrl(): URL {
  return WebAssembly.validate(RELAXED_SIMD_PROBE)
    ? new URL('../../../rust-wasm/pkg/relaxed/core_bg.wasm', import.meta.url)
    : new URL('../../../rust-wasm/pkg/simd128/core_bg.wasm', import.meta.url)
}

async function instantiate(bytes: Uint8Array): Promise<WebAssembly.Memory> {
  try {
    const module = await WebAssembly.compile(Uint8Array.from(bytes))
    return initSync({ module }).memory
  } catch (cause) {
    throw new QuiverError(
      'UNSUPPORTED',
      "The WebAssembly core cannot run here. It needs SIMD (every browser since 2023 has it) and, under a content security policy, script-src with 'wasm-unsafe-eval'.",
      { cause },
    )
  }
}
