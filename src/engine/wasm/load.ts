import { readAsset } from '../../platform/asset.ts'
import { QuiverError } from '../../contract/errors.ts'
import { type Engine, loadWhole } from '../index.ts'
// The glue of the two builds with one thread is the same, byte for byte (a test holds them to it); one serves both.
import * as glue from '../../../rust-wasm/pkg/simd128/core.js'
import type { Build } from './build.ts'
import { loadThreads } from './threads/load.ts'
import { readVectors } from './vectors.ts'
import { createIndex } from './wasm-index.ts'
import { WasmLoader } from './wasm-loader.ts'

export interface WasmOptions {
  /** Where `core_bg.wasm` of a build with one thread is, when a bundler or a policy moved it. */
  readonly wasmUrl?: string | URL | undefined
  /** `auto` (default): as many threads as help, where the page may share memory and `wasmUrl` names no build with one. */
  readonly threads?: 'auto' | 'off' | undefined
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
 * The engine in WebAssembly: the build with threads where they can be had, else the relaxed SIMD build where the machine
 * has it. Builds with one thread are instantiated once for each thread that calls: a later call answers the same engine,
 * wherever its `wasmUrl` leads.
 * @throws QuiverError `NOT_FOUND` when the wasm cannot be read, `UNSUPPORTED` when it cannot run here
 */
export async function loadWasmEngine(options: WasmOptions = {}): Promise<Engine> {
  const build = (await loadWithThreads(options)) ?? (await loadWithOne(options))
  const loader: Engine['loader'] = (config, state) => new WasmLoader(build, config, state)
  return {
    get name() {
      return build.name
    },
    create: (config) => createIndex(build, config),
    load: (config, chunks) => loadWhole(loader, config, chunks),
    loader,
    readVectors,
  }
}

async function loadWithThreads({ wasmUrl, threads }: WasmOptions): Promise<Build | undefined> {
  if (wasmUrl !== undefined || threads === 'off') return undefined
  return WebAssembly.validate(RELAXED_SIMD_PROBE) ? loadThreads() : undefined
}

async function loadWithOne({ wasmUrl }: WasmOptions): Promise<Build> {
  const memory = await instantiate(await readAsset(wasmUrl ?? builtInUrl()))
  return { name: `wasm ${glue.kernels()}`, memory, glue, callHelpers() {} }
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
    return glue.initSync({ module }).memory
  } catch (cause) {
    throw new QuiverError(
      'UNSUPPORTED',
      "The WebAssembly core cannot run here. It needs SIMD (every browser since 2023 has it) and, under a content security policy, script-src with 'wasm-unsafe-eval'.",
      { cause },
    )
  }
}
