// The worker of transformers.js. A file of its own, so that only those who use it need the peer; imported statically, as
// bundlers that make classic workers cannot split a worker into chunks.
import * as library from '@huggingface/transformers'
import { expose, transfer } from 'comlink'
import type { Progress } from '../../contract/api.ts'
import { chooseDevice } from './device.ts'
import { loadModel } from './load.ts'
import type { TextModel } from './model.ts'
import type { ModelSettings } from './options.ts'
import { answer } from './protocol.ts'
import type { Answer, ModelFacts, ModelHost } from './protocol.ts'

class Host implements ModelHost {
  #model: TextModel | undefined
  readonly #calls = new Map<number, AbortController>()

  load(
    settings: ModelSettings,
    onProgress: ((progress: Progress) => void) | undefined,
  ): Promise<Answer<ModelFacts>> {
    return answer(async () => {
      useRuntimeFrom(settings)
      this.#model = await loadModel(library, settings, await chooseDevice(settings), onProgress)
      const { dimension, maxTokens } = this.#model
      return { dimension, maxTokens }
    })
  }

  async embed(
    call: number,
    texts: readonly string[],
    prefix: string,
  ): Promise<Answer<Float32Array>> {
    const controller = new AbortController()
    this.#calls.set(call, controller)
    const result = await answer(() => this.#loaded().embed(texts, prefix, controller.signal))
    this.#calls.delete(call)
    return 'value' in result ? transfer(result, [result.value.buffer]) : result
  }

  cancel(call: number): void {
    this.#calls.get(call)?.abort()
  }

  #loaded(): TextModel {
    if (this.#model === undefined) throw new Error('embed was called before load')
    return this.#model
  }
}

/**
 * Left alone, transformers.js takes onnxruntime's wasm from a CDN. With no paths set, onnxruntime-web takes the file that
 * a bundler put beside it.
 */
function useRuntimeFrom({ folder, wasmPaths }: ModelSettings): void {
  const { env } = library
  env.allowLocalModels = folder !== undefined
  env.allowRemoteModels = folder === undefined
  const wasm = env.backends.onnx.wasm
  if (wasm === undefined) return
  if (wasmPaths === undefined) delete wasm.wasmPaths
  else wasm.wasmPaths = wasmPaths
}

expose(new Host())
