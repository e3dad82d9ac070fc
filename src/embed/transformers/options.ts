import type { Progress } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'
import { familyOf } from './families.ts'
import type { Pooling, Prefixes } from './families.ts'

/** Precision of the model's weights: which of its ONNX files is loaded. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4'

export type Device = 'auto' | 'wasm' | 'webgpu'

/** Where onnxruntime-web's files are: the folder they lie in, or each by itself. */
export type WasmPaths =
  string | URL | { readonly wasm: string | URL; readonly mjs?: string | URL | undefined }

export interface TransformersOptions {
  /**
   * Where the models lie: a path of the page's own origin (`/models/`), in Node a folder. With it nothing is asked of
   * any other origin. Without it the model comes from the Hugging Face hub and is kept by the browser's Cache API.
   */
  readonly local?: string | URL | undefined
  /**
   * Where onnxruntime-web's `ort-wasm-simd-threaded.asyncify.{wasm,mjs}` are. Default: where your bundler put the wasm it
   * found in onnxruntime-web; never a CDN.
   */
  readonly wasmPaths?: WasmPaths | undefined
  /** Branch, tag or commit on the hub. Default `main`. */
  readonly revision?: string | undefined
  /** Default `q8`: a quarter of the download and nearly the same vectors. */
  readonly dtype?: Dtype | undefined
  /**
   * Default `auto`: WebGPU where there is an adapter in hardware and a `dtype` it computes in (all but the 8-bit ones),
   * else wasm. In Node the model runs natively on the processor and this says nothing.
   */
  readonly device?: Device | undefined
  /** Default: what the model's card says where the family is known (e5, bge, gte, nomic, mxbai, arctic), else `mean`. */
  readonly pooling?: Pooling | undefined
  /** Put before each text. Default: what the model's card says where the family is known, else nothing. */
  readonly prefixes?: Prefixes | undefined
  /** Cuts texts after so many tokens, special ones included. Default: as many as the model takes. */
  readonly maxTokens?: number | undefined
  /** Length of the vectors, when it should be known before the model is loaded; a model of another one is refused. */
  readonly dimension?: number | undefined
  /** Bytes of the model's files that were downloaded, and bytes known to come. Not called for cached files. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** Options with nothing left open; can be posted to a worker. */
export interface ModelSettings {
  readonly model: string
  /** Folder or path that holds the models, ending in a slash; `undefined`: the hub. */
  readonly folder: string | undefined
  readonly wasmPaths: string | { readonly wasm: string; readonly mjs?: string } | undefined
  readonly revision: string
  readonly dtype: Dtype
  readonly device: Device
  readonly pooling: Pooling
  readonly prefixes: Prefixes
  readonly maxTokens: number | undefined
  readonly dimension: number | undefined
}

/** What needs no look at the environment, so that an embedder can be made anywhere. */
export type FixedSettings = Omit<ModelSettings, 'folder' | 'wasmPaths'>

const DTYPES: readonly Dtype[] = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']
const DEVICES: readonly Device[] = ['auto', 'wasm', 'webgpu']
const POOLINGS: readonly Pooling[] = ['mean', 'cls', 'last']

/** @throws QuiverError `INVALID_OPTION` */
export function fixedSettings(model: string, options: TransformersOptions): FixedSettings {
  if (typeof model !== 'string' || model.trim() === '') {
    throw new QuiverError(
      'INVALID_OPTION',
      "transformers() needs a model's name, e.g. 'Xenova/all-MiniLM-L6-v2'.",
    )
  }
  const family = familyOf(model)
  return {
    model,
    revision: options.revision ?? 'main',
    dtype: oneOf('dtype', options.dtype ?? 'q8', DTYPES),
    device: oneOf('device', options.device ?? 'auto', DEVICES),
    pooling: oneOf('pooling', options.pooling ?? family.pooling, POOLINGS),
    prefixes: options.prefixes ?? family.prefixes,
    maxTokens: positive('maxTokens', options.maxTokens),
    dimension: positive('dimension', options.dimension),
  }
}

/**
 * Names everything that changes vectors: `transformers:Xenova/all-MiniLM-L6-v2:q8:mean`, then what departs from the
 * model as it is. Not the device: its rounding is no other space.
 */
export function embeddingSpace(settings: FixedSettings): string {
  const { model, revision, dtype, pooling, maxTokens, prefixes } = settings
  const parts = [
    'transformers',
    revision === 'main' ? model : `${model}@${revision}`,
    dtype,
    pooling,
  ]
  if (maxTokens !== undefined) parts.push(`max=${maxTokens}`)
  if (prefixes.query !== '' || prefixes.document !== '') {
    parts.push(`prefixes=${JSON.stringify([prefixes.query, prefixes.document])}`)
  }
  return parts.join(':')
}

function oneOf<T extends string>(option: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw new QuiverError(
    'INVALID_OPTION',
    `transformers(): ${option} is ${JSON.stringify(value)}; give one of ${allowed.join(', ')}.`,
  )
}

function positive(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value
  throw new QuiverError('INVALID_OPTION', `transformers(): ${option} must be an integer above 0.`)
}
