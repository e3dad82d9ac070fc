import { expect } from 'vitest'
import type { Metric } from '../../../src/contract/api.ts'
import type { QuiverErrorCode } from '../../../src/contract/errors.ts'
import {
  INDEX_PARTS,
  type Engine,
  type IndexChunks,
  type IndexConfig,
  type IndexSearchOptions,
  type Neighbors,
  type VectorIndex,
} from '../../../src/engine/index.ts'
import { concatenate } from './data.ts'

export const METRICS: readonly Metric[] = ['cosine', 'dot', 'l2', 'l1', 'hamming', 'jaccard']
export const METHODS: readonly IndexSearchOptions['method'][] = ['graph', 'scan', 'exact']
export const GRAPH = { M: 8, efConstruction: 60, seed: 7 }

const CODES: readonly IndexConfig['codes'][] = ['none', 'f16', 'int8', '1bit']

/** Under hamming and jaccard codes are the sets themselves. */
export function codesUnder(metric: Metric): readonly IndexConfig['codes'][] {
  return metric === 'hamming' || metric === 'jaccard' ? ['1bit'] : CODES
}

/** Every way vectors may be compared and kept. */
export const VARIANTS = METRICS.flatMap((metric) =>
  codesUnder(metric).flatMap((codes) =>
    (['f32', 'f16'] as const).map((originals) => ({ metric, codes, originals })),
  ),
)

/** Names a variant, e.g. `cosine on int8 codes of f32`. */
export function nameOf({ metric, codes, originals }: (typeof VARIANTS)[number]): string {
  return `${metric} on ${codes} codes of ${originals}`
}

/** An index of the rows, all of them in its graph if it has one. */
export function indexOf(engine: Engine, matrix: Float32Array, config: IndexConfig): VectorIndex {
  const index = engine.create(config)
  index.add(matrix)
  complete(index)
  return index
}

/** Does all work that waits. */
export function complete(index: VectorIndex): void {
  while (index.indexRows(index.rows) > 0);
}

/** The vectors as the index keeps them: what answers are computed on. */
export function kept(index: VectorIndex): Float32Array {
  return concatenate(Array.from({ length: index.rows }, (_, n) => index.vector(n)))
}

/** An error with one of the codes, for `toThrow`. */
export function failing(...codes: QuiverErrorCode[]): object {
  const code: unknown = expect.toSatisfy((code: QuiverErrorCode) => codes.includes(code))
  return expect.objectContaining({ code }) as object
}

export function config(options: Partial<IndexConfig> = {}): IndexConfig {
  const { metric = 'cosine', codes = 'none', ...rest } = options
  const allowed = codesUnder(metric)
  return {
    dimension: 4,
    metric,
    codes: allowed.includes(codes) ? codes : '1bit',
    originals: 'f32',
    graph: undefined,
    ...rest,
  }
}

export function exact(k: number): IndexSearchOptions {
  return { k, ef: 1, method: 'exact' }
}

export function graph(k: number): IndexSearchOptions {
  return { k, ef: 100, method: 'graph' }
}

export function plain({ rows, distances }: Neighbors) {
  return { rows: [...rows], distances: [...distances] }
}

export function chunksOf(index: VectorIndex): IndexChunks {
  const part = (name: (typeof INDEX_PARTS)[number]) =>
    Array.from({ length: index.chunkCount(name) }, (_, n) => index.readChunk(name, n))
  return {
    state: part('state'),
    vectors: part('vectors'),
    codes: part('codes'),
    graph: part('graph'),
  }
}

/** Differs when any byte of any chunk does (FNV-1a; comparing the bytes themselves takes Vitest seconds). */
export function fingerprint(index: VectorIndex): string {
  const chunks = chunksOf(index)
  const hash = (chunk: Uint8Array) =>
    chunk.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5)
  return INDEX_PARTS.map((part) => `${part} ${chunks[part].map(hash).join(' ')}`).join('; ')
}
