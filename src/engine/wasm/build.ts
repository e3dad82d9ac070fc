import type * as glue from '../../../rust-wasm/pkg/simd128/core.js'

/** A build of the core, instantiated. */
export interface Build {
  /** The kernels it computes with, and how many threads there are by now. */
  readonly name: string
  readonly memory: WebAssembly.Memory
  /** What wasm-bindgen makes for the build; objects of one build mean nothing to another. */
  readonly glue: Pick<typeof glue, 'Buffer' | 'Index' | 'Loader'>
  /** To be called before work on so many items that threads can share: they come when they are ready, if there are any. */
  callHelpers(items: number): void
}
