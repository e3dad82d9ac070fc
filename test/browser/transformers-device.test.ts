import { expect, test } from 'vitest'
import { chooseDevice } from '../../src/embed/transformers/device.ts'
import { fixedSettings } from '../../src/embed/transformers/options.ts'
import type { TransformersOptions } from '../../src/embed/transformers/options.ts'

const choose = (options: TransformersOptions) =>
  chooseDevice({ ...fixedSettings('a/b', options), folder: undefined, wasmPaths: undefined })

test('a model is on the GPU only where that is worth it', async () => {
  const adapter = await navigator.gpu.requestAdapter()
  const hardware = adapter !== null && !adapter.info.isFallbackAdapter
  expect(await choose({ dtype: 'q8' })).toBe('wasm')
  expect(await choose({ dtype: 'fp32' })).toBe(hardware ? 'webgpu' : 'wasm')
  expect(await choose({ dtype: 'fp32', device: 'wasm' })).toBe('wasm')
})

test('asked for by name, any adapter will do', async () => {
  expect(await choose({ dtype: 'q8', device: 'webgpu' })).toBe('webgpu')
})
