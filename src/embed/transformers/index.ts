import type { EmbedOptions, Embedder } from '../../contract/embedder.ts'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { abortable } from './abortable.ts'
import { loadInProcess } from './node.ts'
import { embeddingSpace, fixedSettings } from './options.ts'
import type { FixedSettings, TransformersOptions } from './options.ts'
import { placesInNode, placesOnPage } from './places.ts'
import type { Model } from './protocol.ts'
import { RemoteModel } from './remote.ts'

export type { Pooling, Prefixes } from './families.ts'
export type { Device, Dtype, TransformersOptions, WasmPaths } from './options.ts'

export interface TransformersEmbedder extends Embedder {
  /** Gives the worker and the model's memory back; a later call loads the model again. */
  close(): void
}

/**
 * An embedder for a feature-extraction model of transformers.js, an optional peer: `npm i @huggingface/transformers`.
 * The first call loads the model, in a worker of its own (in Node on the calling thread).
 *
 * @param model its name on the Hugging Face hub, or of its folder below `local`
 * @throws QuiverError `INVALID_OPTION`
 * @example transformers('Xenova/all-MiniLM-L6-v2')
 * @example transformers('all-MiniLM-L6-v2', { local: '/models/' }) // no request leaves the page's origin
 */
export function transformers(
  model: string,
  options: TransformersOptions = {},
): TransformersEmbedder {
  return new LazyEmbedder(fixedSettings(model, options), options)
}

class LazyEmbedder implements TransformersEmbedder {
  readonly id: string
  readonly #settings: FixedSettings
  readonly #options: TransformersOptions
  #loading: Promise<Model> | undefined
  #loaded: Model | undefined

  constructor(settings: FixedSettings, options: TransformersOptions) {
    this.id = embeddingSpace(settings)
    this.#settings = settings
    this.#options = options
  }

  get dimension(): number | undefined {
    return this.#loaded?.dimension ?? this.#settings.dimension
  }

  get maxTokens(): number | undefined {
    return this.#loaded?.maxTokens ?? this.#settings.maxTokens
  }

  async embed(texts: readonly string[], { role, signal }: EmbedOptions): Promise<Float32Array> {
    throwIfAborted(signal)
    if (texts.length === 0) return new Float32Array(0)
    const loading = (this.#loading ??= this.#load())
    try {
      const model = await abortable(loading, signal)
      if (this.#loading === loading) this.#loaded = model
      return await model.embed(texts, this.#settings.prefixes[role], signal)
    } catch (error) {
      // onnxruntime's queue stays broken after one failure: the next call begins with a new model.
      const aborted = error instanceof QuiverError && error.code === 'ABORTED'
      if (!aborted && this.#loading === loading) this.close()
      throw error
    }
  }

  close(): void {
    const closing = this.#loading
    this.#loading = undefined
    this.#loaded = undefined
    closing?.then(
      (model) => {
        model.close()
      },
      () => undefined,
    )
  }

  async #load(): Promise<Model> {
    const onProgress = this.#options.onProgress
    return typeof Worker === 'undefined'
      ? await loadInProcess(
          { ...this.#settings, ...(await placesInNode(this.#options)) },
          onProgress,
        )
      : await RemoteModel.start({ ...this.#settings, ...placesOnPage(this.#options) }, onProgress)
  }
}
