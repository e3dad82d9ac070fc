import { QuiverError } from '../../contract/errors.ts'
import type { Dtype, ModelSettings } from './options.ts'

/** onnxruntime has no WebGPU kernels for 8-bit matrix products: each would go to the processor and back. */
const EIGHT_BIT: readonly Dtype[] = ['q8', 'int8', 'uint8']

/**
 * What the model runs on in a browser.
 * @throws QuiverError `GPU_UNAVAILABLE` when WebGPU was asked for by name and there is no adapter
 */
export async function chooseDevice({ device, dtype }: ModelSettings): Promise<'wasm' | 'webgpu'> {
  if (device === 'wasm') return 'wasm'
  if (device === 'auto' && EIGHT_BIT.includes(dtype)) return 'wasm'
  const adapter = await findAdapter()
  if (device === 'auto') {
    // A fallback adapter computes on the processor, slower than wasm does.
    return adapter === null || adapter.info.isFallbackAdapter ? 'wasm' : 'webgpu'
  }
  if (adapter !== null) return 'webgpu'
  throw new QuiverError(
    'GPU_UNAVAILABLE',
    "transformers(): device is 'webgpu', but this browser offers no WebGPU adapter. Use 'auto' or 'wasm'.",
  )
}

async function findAdapter(): Promise<GPUAdapter | null> {
  // Absent outside secure contexts and in some browsers' workers, whatever the types say.
  const gpu = (navigator as { gpu?: GPU }).gpu
  return (await gpu?.requestAdapter()) ?? null
}
