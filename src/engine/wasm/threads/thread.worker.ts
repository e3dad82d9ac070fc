import { abandon, help, initSync } from '../../../../rust-wasm/pkg/threads/core.js'

/** What a helper makes its own instance of the core from. */
export interface HelperStart {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
}

/** As large as that of the thread it helps. */
const STACK_BYTES = 1 << 20

addEventListener('message', ({ data: { module, memory } }: MessageEvent<HelperStart>) => {
  initSync({ module, memory, thread_stack_size: STACK_BYTES })
  try {
    // Comes back only by a trap.
    help()
  } catch {
    abandon()
    close()
  }
})
