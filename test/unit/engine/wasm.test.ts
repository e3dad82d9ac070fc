/** What only the WebAssembly engine has: its files, its memory, its errors. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { Failure, FailureCode, Index } from '../../../rust-wasm/pkg/simd128/core.js'
import type { Engine, IndexConfig } from '../../../src/engine/index.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { randomMatrix } from '../../support/vectors.ts'

const builds = new URL('../../../rust-wasm/pkg/', import.meta.url)
const file = (path: string) => readFileSync(fileURLToPath(new URL(path, builds)))

describe('the two builds with one thread', () => {
  test('share their glue, of which the engine imports one', () => {
    expect(file('relaxed/core.js')).toEqual(file('simd128/core.js'))
  })

  test('take at most 70 kB each on the way to the browser', () => {
    for (const build of ['simd128', 'relaxed']) {
      const size = gzipSync(file(`${build}/core_bg.wasm`), { level: 9 }).length
      expect(size).toBeLessThan(70_000)
    }
  })
})

describe('loading', () => {
  test('says what computes', async () => {
    expect((await loadWasmEngine()).name).toBe('wasm simd128')
  })

  test('takes the wasm from elsewhere', async () => {
    const wasmUrl = new URL('simd128/core_bg.wasm', builds)
    expect((await loadWasmEngine({ wasmUrl })).name).toBe('wasm simd128')
    expect((await loadWasmEngine({ wasmUrl: String(wasmUrl) })).name).toBe('wasm simd128')
  })

  test('refuses a file that is missing or no wasm', async () => {
    const at = (path: string) => loadWasmEngine({ wasmUrl: new URL(path, builds) })
    await expect(at('nowhere.wasm')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(at('simd128/core.js')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('an index in WebAssembly', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await loadWasmEngine()
  })

  const config: IndexConfig = {
    dimension: 384,
    metric: 'cosine',
    codes: 'int8',
    originals: 'f32',
    graph: { M: 16, efConstruction: 100, seed: 1 },
  }

  test('refuses what is out of range', () => {
    const graph = { M: 16, efConstruction: 200, seed: 1 }
    const refused: readonly Partial<IndexConfig>[] = [
      { dimension: 0 },
      { dimension: 65_537 },
      { graph: { ...graph, M: 1 } },
      { graph: { ...graph, M: 65 } },
      { graph: { ...graph, efConstruction: 0 } },
      { graph: { ...graph, efConstruction: 4_097 } },
    ]
    for (const options of refused) {
      expect(() => engine.create({ ...config, ...options })).toThrow(
        expect.objectContaining({ name: 'QuiverError', code: 'INVALID_OPTION' }) as Error,
      )
    }
  })

  test('holds at most 530 bytes a row beside the vectors', () => {
    const rows = 5_000
    const index = engine.create(config)
    index.add(randomMatrix(rows, 384, 1))
    index.indexRows(rows)
    const { codes, graph, state } = index.bytes()
    expect((codes + graph + state) / rows).toBeLessThanOrEqual(530)
    index.free()
  })

  test('names a later format', () => {
    const index = engine.create({ ...config, graph: undefined })
    const state = index.readChunk('state', 0)
    state[4]! += 1
    const load = () =>
      engine.load(index.config, { state: [state], vectors: [], codes: [], graph: [] })
    expect(load).toThrow(expect.objectContaining({ code: 'NEWER_FORMAT' }) as Error)
  })

  test('refuses rows that do not fit and goes on', () => {
    const core = new Index(384, 0, 1, 0)
    let failure: unknown
    try {
      // More than the 4 GiB WebAssembly can address.
      core.reserve(20_000_000, 384)
    } catch (error) {
      failure = error
    }
    expect(failure).toBeInstanceOf(Failure)
    expect((failure as Failure).code).toBe(FailureCode.OutOfMemory)
    core.free()

    const index = engine.create(config)
    const matrix = randomMatrix(100, 384, 2)
    index.add(matrix)
    const found = index.search(matrix.subarray(0, 384), { k: 1, ef: 10, method: 'exact' })
    expect(found.rows).toEqual(Uint32Array.of(0))
  })
})
