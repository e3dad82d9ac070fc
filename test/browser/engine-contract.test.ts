import { expect, test } from 'vitest'
import { loadWasmEngine } from '../../src/engine/wasm/index.ts'
import { engineContract } from '../contract/engine.ts'

engineContract('wasm', loadWasmEngine)

test('a browser with relaxed SIMD gets the build made for it', async () => {
  expect((await loadWasmEngine()).name).toBe('wasm relaxed-simd')
})
