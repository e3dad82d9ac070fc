import type { Buffer, Loader } from '../../../rust-wasm/pkg/simd128/core.js'
import type { IndexConfig, IndexLoader, IndexPart, VectorIndex } from '../index.ts'
import type { Build } from './build.ts'
import { CODES, METRICS, ORIGINALS, PARTS } from './codes.ts'
import { guarded } from './failure.ts'
import { fill } from './fill.ts'
import { WasmIndex } from './wasm-index.ts'

/** An index inside the core while it is read back. */
export class WasmLoader implements IndexLoader {
  readonly #build: Build
  readonly #config: IndexConfig
  readonly #buffer: Buffer
  /** `undefined` once the core has taken it back. */
  #loader: Loader | undefined

  /** @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY` */
  constructor(build: Build, config: IndexConfig, state: Uint8Array) {
    this.#build = build
    this.#config = config
    this.#buffer = new build.glue.Buffer()
    const { dimension, metric, codes, originals, graph } = config
    const { M, efConstruction, seed } = graph ?? { M: 0, efConstruction: 0, seed: 0 }
    try {
      this.#loader = guarded(() => {
        fill(build.memory, this.#buffer, state)
        return new build.glue.Loader(
          this.#buffer,
          dimension,
          METRICS[metric],
          CODES[codes],
          M,
          efConstruction,
          seed,
          ORIGINALS[originals],
        )
      })
    } catch (error) {
      this.#buffer.free()
      throw error
    }
  }

  read(part: Exclude<IndexPart, 'state'>, chunk: Uint8Array): void {
    guarded(() => {
      fill(this.#build.memory, this.#buffer, chunk)
      this.#loader?.readChunk(PARTS[part], this.#buffer)
    })
  }

  finish(): VectorIndex {
    const loader = this.#loader
    if (!loader) throw new RangeError('An index is finished once.')
    // It is gone whether or not an index comes of it.
    this.#loader = undefined
    const core = guarded(() => loader.finish())
    this.#buffer.free()
    return new WasmIndex(this.#build, core, this.#config)
  }

  free(): void {
    this.#loader?.free()
    this.#loader = undefined
    this.#buffer.free()
  }
}
