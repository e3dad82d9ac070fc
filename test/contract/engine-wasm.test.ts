import { loadWasmEngine } from '../../src/engine/wasm/index.ts'
import { engineContract } from './engine.ts'

// Node 20 has no relaxed SIMD: this is the simd128 build. Chromium runs the same suite on the relaxed one.
engineContract('wasm', loadWasmEngine)
