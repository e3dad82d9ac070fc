/** xxh64, by WebAssembly: every record and chunk that is stored carries one, and it is held against it when read. */
import xxhash from 'xxhash-wasm'

export type Checksum = (bytes: Uint8Array) => bigint

let loading: Promise<Checksum> | undefined

/** Compiled once. Load it before a transaction begins: nothing but IndexedDB may be awaited inside one. */
export function loadChecksum(): Promise<Checksum> {
  loading ??= xxhash().then((api) => (bytes: Uint8Array) => api.h64Raw(bytes))
  return loading
}

/** Sixteen hexadecimal digits. */
export function toHex(checksum: bigint): string {
  return checksum.toString(16).padStart(16, '0')
}
