import type { Metric, Originals, Quantization } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'

/**
 * The one interface of the engine. A row is the dense u32 position of a vector, given in the order of `add` and never
 * reused; a removed row stays as a tombstone that may still route. The wasm core and the plain TypeScript
 * reference both satisfy it, and one contract suite binds them.
 */
export interface VectorIndex {
  readonly config: IndexConfig
  /** Rows ever added, the removed ones included. */
  readonly rows: number
  /** Rows that can be found. */
  readonly live: number
  /** How many rows are in the graph. The rest are scanned, so every added row is found at once. 0 without a graph. */
  readonly indexed: number
  /** Work left for `indexRows`: rows to insert and links to mend around removed rows. 0: nothing to do. */
  readonly waiting: number
  /** Chunks of vectors that are still to be handed in, after a load without them. */
  readonly missingChunks: number
  /** Makes room for more rows, so that adding them cannot fail. @throws QuiverError `OUT_OF_MEMORY` */
  reserve(rows: number): void
  /**
   * Appends a matrix of n × dimension finite values, row-major, and answers the first new row.
   * All or nothing. @throws QuiverError `OUT_OF_MEMORY`
   */
  add(matrix: Float32Array): number
  /** Removes rows from all later answers. Removing a row twice is no error. */
  remove(rows: Uint32Array): void
  /**
   * Does up to `count` units of the work that waits (inserts rows into the graph, in bulk where many wait, and mends links
   * around removed ones) and answers what is left. Rows that wait together are taken in an order of the engine's own,
   * evenly spread, so that sorted data does no harm.
   */
  indexRows(count: number): number
  /** Gives the index a graph (none of whose rows are inserted yet), or takes it away. */
  setGraph(graph: GraphConfig | undefined): void
  /**
   * A copy of the vector as it was added: bit for bit where originals are f32, rounded where they are f16.
   * @throws QuiverError `NOT_FOUND` while its chunk has not been handed in
   */
  vector(row: number): Float32Array
  /** The best min(k, matching) live rows, nearest first; equal distances in row order. */
  search(query: Float32Array, options: IndexSearchOptions): Neighbors
  /** The same for a matrix of n × dimension queries, answered in order. */
  searchMany(queries: Float32Array, options: IndexSearchOptions): Neighbors[]
  /**
   * The rows nearest to a row, which is not among them; nor does a walk lead through it, so that a stored row is as hard to
   * search for as a query never seen.
   */
  searchRow(row: number, options: IndexSearchOptions): Neighbors
  /** Bytes held, by part. */
  bytes(): IndexBytes
  /** Chunks of at most 4 MiB that a part is saved in; all but the last hold the same number of rows, a power of two. */
  chunkCount(part: IndexPart): number
  /** Chunks of a part that changed since the last `markClean` (or load). */
  dirtyChunks(part: IndexPart): Uint32Array
  /** A copy of one chunk, in the codec's own format with its header. */
  readChunk(part: IndexPart, chunk: number): Uint8Array<ArrayBuffer>
  markClean(): void
  /**
   * Brings a chunk that the index was loaded without, as `readChunk` gave it. A chunk that is there already is no error.
   * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY`; the index stays as it was
   */
  handIn(part: 'vectors', chunk: number, bytes: Uint8Array): void
  /** Gives the memory back; the index cannot be used afterwards. */
  free(): void
}

export interface GraphConfig {
  /** Links of a node on the upper layers; twice as many on layer 0. */
  readonly M: number
  readonly efConstruction: number
  /** Two builds from the same rows and seed are equal. */
  readonly seed: number
}

export interface IndexConfig {
  readonly dimension: number
  readonly metric: Metric
  /**
   * What distances are first computed on; answers are rescored on the originals. Under hamming and jaccard it is `1bit`: the
   * sets themselves, packed, which lose nothing.
   */
  readonly codes: Exclude<Quantization, 'auto'>
  /** What answers are rescored on and `vector` gives. f16 rounds to half precision, scaled by row where values do not fit. */
  readonly originals: Originals
  readonly graph: GraphConfig | undefined
}

export interface IndexSearchOptions {
  /** Integer >= 1; above the number of matching rows it gives them all. */
  readonly k: number
  /** Candidates kept while walking the graph; raised to k where it is below. */
  readonly ef: number
  /**
   * `graph` walks (under a mask that few rows pass it scans those), `scan` scans the codes and rescores, `exact` scans the
   * originals.
   */
  readonly method: 'graph' | 'scan' | 'exact'
  /** Only rows at most this far, by the metric's own distance. Needs method `exact`. */
  readonly radius?: number | undefined
  /** One bit for each row, lowest bit first; only rows whose bit is set are answered. Rows beyond its end do not match. */
  readonly mask?: Uint8Array | undefined
}

/** Rows and their distances (the metric's own value, lower is closer), nearest first. */
export interface Neighbors {
  readonly rows: Uint32Array
  readonly distances: Float32Array
  /** Distances computed to find them. */
  readonly visited: number
}

/**
 * What an index is saved in. `state` is one small chunk: configuration, row count, tombstones. `vectors` holds the
 * originals, `codes` what the walk compares, `graph` the links; a part the index does not have has no chunks.
 */
export const INDEX_PARTS = ['state', 'vectors', 'codes', 'graph'] as const
export type IndexPart = (typeof INDEX_PARTS)[number]

export type IndexBytes = Readonly<Record<IndexPart, number>>

/** The chunks of every part, in order, as `readChunk` gave them. */
export type IndexChunks = Readonly<Record<IndexPart, readonly Uint8Array[]>>

/** Makes indexes; each engine (wasm, reference) is one. */
export interface Engine {
  /** Names what computes, for `stats` and `hits.info`, e.g. `wasm relaxed-simd, 4 threads`: those there are by now. */
  readonly name: string
  create(config: IndexConfig): VectorIndex
  /**
   * Reads back what `readChunk` wrote. Trusts nothing in it. An index with codes may come without a single chunk of
   * `vectors`: until `handIn` brings them, rows are answered by their codes.
   * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY`
   */
  load(config: IndexConfig, chunks: IndexChunks): VectorIndex
  /**
   * The same, chunk by chunk as they come, so that they need not be held beside what is made of them.
   * @throws QuiverError as `load`
   */
  loader(config: IndexConfig, state: Uint8Array): IndexLoader
  /**
   * The vectors of one chunk of `vectors`, row-major: for when other parts of an index cannot be read any more.
   * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`
   */
  readVectors(config: IndexConfig, chunk: Uint8Array): Float32Array
}

/** An index that is being read back. Once it has thrown, only `free` is left to call. */
export interface IndexLoader {
  /** Takes the next chunk of a part; those of a part come in order. */
  read(part: Exclude<IndexPart, 'state'>, chunk: Uint8Array): void
  /** Checks that all is there. */
  finish(): VectorIndex
  /** Gives the memory back, of one that is not finished. */
  free(): void
}

/** Reads an index back of chunks that are all at hand. @throws QuiverError as `Engine.load` */
export function loadWhole(
  loader: Engine['loader'],
  config: IndexConfig,
  chunks: IndexChunks,
): VectorIndex {
  const [state, ...others] = chunks.state
  if (state === undefined || others.length > 0) {
    throw new QuiverError('CORRUPT', 'A saved index has one chunk of state; build it again.')
  }
  const loading = loader(config, state)
  try {
    for (const part of ['vectors', 'codes', 'graph'] as const) {
      for (const chunk of chunks[part]) loading.read(part, chunk)
    }
    return loading.finish()
  } catch (error) {
    loading.free()
    throw error
  }
}
