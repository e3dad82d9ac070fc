/** How the rows of a collection become the rows of an index. */
import type { Engine, GraphConfig, VectorIndex } from '../engine/index.ts'
import { type UpsertOperation, VectorKind } from '../storage/operations.ts'
import { type CollectionConfig, codesOf } from './config.ts'

/** From this many records on, `auto` keeps a graph; below, an exact scan is as fast and simpler. */
const GRAPH_FROM_ROWS = 10_000

const GRAPH_SEED = 0x9e3779b9

/** An index for a collection that has come to its first vector, with `rows` rows before it. @throws QuiverError `OUT_OF_MEMORY` */
export function createIndex(
  engine: Engine,
  config: CollectionConfig,
  dimension: number,
  rows: number,
): VectorIndex {
  const { metric, originals } = config
  const codes = codesOf(config, dimension)
  const index = engine.create({ dimension, metric, codes, originals, graph: undefined })
  try {
    if (rows > 0) {
      index.add(new Float32Array(rows * dimension))
      index.remove(Uint32Array.from({ length: rows }, (_, row) => row))
    }
  } catch (error) {
    index.free()
    throw error
  }
  return index
}

/** A vector of `width` values for each record, zeros where it has none; `absent` are those. */
export function matrixOf(
  { ids, kinds, vectors }: UpsertOperation,
  width: number,
): { readonly matrix: Float32Array; readonly absent: readonly number[] } {
  if (vectors.length === ids.length * width) return { matrix: vectors, absent: [] }
  const matrix = new Float32Array(ids.length * width)
  const absent: number[] = []
  let from = 0
  for (const [n, kind] of kinds.entries()) {
    if (kind === VectorKind.none) {
      absent.push(n)
    } else {
      matrix.set(vectors.subarray(from, from + width), n * width)
      from += width
    }
  }
  return { matrix, absent }
}

/** The graph that an index of so many records is to have; `present` where that is as good. */
export function graphFor(
  { index: policy }: CollectionConfig,
  records: number,
  present: GraphConfig | undefined,
): GraphConfig | undefined {
  if (policy.type === 'flat') return undefined
  if (policy.type === 'auto' && records < GRAPH_FROM_ROWS) return present
  const { M, efConstruction } = policy
  if (present?.M === M && present.efConstruction === efConstruction) return present
  return { M, efConstruction, seed: GRAPH_SEED }
}
