import type { Buffer } from '../../../rust-wasm/pkg/simd128/core.js'

/** Puts bytes where the core reads them. */
export function fill(memory: WebAssembly.Memory, buffer: Buffer, bytes: Uint8Array): void {
  const address = buffer.resize(bytes.length)
  new Uint8Array(memory.buffer, address, bytes.length).set(bytes)
}
