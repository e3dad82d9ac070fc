/** Sentence embeddings that lie beside the repository on some machines: what random vectors cannot tell about recall. */
import type { Engine, IndexConfig, VectorIndex } from '../../src/engine/index.ts'
import { rowsOf } from '../bench/contenders/contender.ts'
import { loadWordnet } from '../bench/data/wordnet.ts'
import { askEach, exactSearch, graphSearch, indexConfig, recallOf } from '../bench/engine/common.ts'

export const ROWS = 10_000
export const QUERIES = 500

export interface Sentences {
  readonly dimension: number
  readonly rows: Float32Array
  readonly queries: readonly Float32Array[]
}

export async function loadSentences(): Promise<Sentences> {
  const { dimension, rows, queries } = await loadWordnet(ROWS, QUERIES)
  return { dimension, rows, queries: rowsOf(queries, dimension) }
}

export function build(
  engine: Engine,
  rows: Float32Array,
  config: Partial<IndexConfig> & { readonly dimension: number },
): VectorIndex {
  const index = engine.create({ ...indexConfig(config.dimension), ...config })
  index.add(rows)
  index.indexRows(Infinity)
  return index
}

/** recall@10 of the graph against the exact answers of the same index. */
export function recallAt(
  index: VectorIndex,
  queries: readonly Float32Array[],
  ef: number,
  mask?: Uint8Array,
): number {
  const found = askEach(queries, (query) => index.search(query, { ...graphSearch(ef), mask }))
  const exact = askEach(queries, (query) => index.search(query, { ...exactSearch, mask }))
  return recallOf(found.answers, exact.answers)
}

/** Live rows that a walk for their own vector does not find, nor ten others as close. */
export function lostRows(index: VectorIndex, live: Iterable<number>, ef: number): number[] {
  const lost: number[] = []
  for (const row of live) {
    const query = index.vector(row)
    const { rows, distances } = index.search(query, graphSearch(ef))
    const farthest = distances.at(-1) ?? Infinity
    if (!rows.includes(row) && farthest > 1e-6) lost.push(row)
  }
  return lost
}
