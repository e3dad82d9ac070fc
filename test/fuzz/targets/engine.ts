/** The chunks of an index, as the WebAssembly core reads them: what 32-bit sizes do there no native test sees. */
import { deepStrictEqual } from 'node:assert'
import { initSync } from '../../../rust-wasm/pkg/simd128/core.js'
import {
  type Engine,
  INDEX_PARTS,
  type IndexChunks,
  type IndexConfig,
  type IndexPart,
  type VectorIndex,
} from '../../../src/engine/index.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { randomMatrix } from '../../support/vectors.ts'
import type { Parts, Target } from '../target.ts'
import { xxh3 } from '../xxh3.ts'

const DIMENSION = 8
const HEADER_BYTES = 24
/** All of the core's memory: the samples need a fraction. */
const MOST_MEMORY = 128 * 2 ** 20

const QUERY = randomMatrix(1, DIMENSION, 3)

export async function engineTargets(): Promise<Target[]> {
  const engine = await loadWasmEngine()
  // Started already, it answers what there is.
  const { memory } = initSync({ module: new Uint8Array() })
  const graph = { M: 3, efConstruction: 12, seed: 5 }
  const configs: Record<string, Pick<IndexConfig, 'metric' | 'codes' | 'originals'>> = {
    index: { metric: 'cosine', codes: 'int8', originals: 'f32' },
    'index without codes': { metric: 'l2', codes: 'none', originals: 'f32' },
    'index of halves': { metric: 'dot', codes: 'f16', originals: 'f16' },
    'index of bits': { metric: 'cosine', codes: '1bit', originals: 'f16' },
    'index of sets': { metric: 'jaccard', codes: '1bit', originals: 'f32' },
  }
  return Object.entries(configs).map(([name, config]) =>
    targetOf(engine, memory, name, { dimension: DIMENSION, graph, ...config }),
  )
}

function targetOf(
  engine: Engine,
  memory: WebAssembly.Memory,
  name: string,
  config: IndexConfig,
): Target {
  return {
    name,
    samples: [1, 70, 240].map((rows) => save(sample(engine, config, rows))),
    seal: sealIndexChunk,
    read: (parts) => {
      const index = engine.load(config, chunksFrom(parts))
      try {
        exercise(index)
        const saved = save(index)
        const again = engine.load(config, chunksFrom(saved))
        deepStrictEqual(save(again), saved)
        again.free()
      } finally {
        index.free()
      }
      const bytes = memory.buffer.byteLength
      if (bytes > MOST_MEMORY) throw new Error(`The core has taken ${bytes} bytes.`)
    },
  }
}

/** Removed rows, rows that wait, and twins. */
function sample(engine: Engine, config: IndexConfig, rows: number): VectorIndex {
  const index = engine.create(config)
  const matrix = randomMatrix(rows, DIMENSION, rows)
  matrix.copyWithin(DIMENSION, 0, Math.min(DIMENSION, matrix.length - DIMENSION))
  index.add(matrix)
  index.indexRows(Math.ceil(rows / 2))
  if (rows > 1) index.remove(Uint32Array.of(rows >> 1))
  return index
}

/** Uses all of an index: what was loaded must not lead out of bounds anywhere. */
function exercise(index: VectorIndex): void {
  const mask = Uint8Array.of(0xff, 0x0f)
  for (const method of ['graph', 'scan', 'exact'] as const) {
    for (const options of [
      { k: 5, ef: 1, method },
      { k: 5, ef: 40, method, mask },
    ]) {
      const { rows } = index.search(QUERY, options)
      if (rows.some((row) => row >= index.rows)) throw new Error('A row that is not there.')
    }
  }
  if (index.rows > 0) index.vector(index.rows - 1)
  index.add(randomMatrix(40, DIMENSION, 7))
  index.indexRows(Infinity)
  index.search(QUERY, { k: 5, ef: 40, method: 'graph' })
}

function save(index: VectorIndex): Uint8Array[] {
  return INDEX_PARTS.flatMap((part) =>
    Array.from({ length: index.chunkCount(part) }, (_, n) => index.readChunk(part, n)),
  )
}

/** Chunks go where their header says, as long as it says something. */
function chunksFrom(parts: Parts): IndexChunks {
  const chunks: Record<IndexPart, Uint8Array[]> = { state: [], vectors: [], codes: [], graph: [] }
  for (const part of parts) chunks[INDEX_PARTS[part[6] ?? 0] ?? 'state'].push(part)
  return chunks
}

export function isIndexChunk(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 4)) === 'QVIX'
}

/** Writes length and checksum anew, as the core does (`codec.rs`); what is shorter than a checksum takes stays as it is. */
export function sealIndexChunk(chunk: Uint8Array): void {
  if (chunk.length < HEADER_BYTES + 9) return
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  view.setUint32(12, chunk.length - HEADER_BYTES, true)
  const seed = xxh3(chunk.subarray(0, 16))
  view.setBigUint64(16, xxh3(chunk.subarray(HEADER_BYTES), seed), true)
}
