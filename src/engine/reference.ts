import { QuiverError } from '../contract/errors.ts'
import type { Metric } from '../contract/api.ts'
import type {
  Engine,
  GraphConfig,
  IndexBytes,
  IndexChunks,
  IndexConfig,
  IndexPart,
  IndexSearchOptions,
  Neighbors,
  VectorIndex,
} from './index.ts'

/**
 * The exact scan in plain TypeScript and double precision: the oracle every other engine is held to. It takes a graph
 * and codes as they are asked for, and answers exactly all the same.
 */
export const referenceEngine: Engine = {
  name: 'reference',
  create: (config) => new ReferenceIndex(config, config.graph),
  load: (config, chunks) => load(config, chunks),
}

/** Rows of a chunk of vectors; small, so that tests see several. */
const CHUNK_ROWS = 256

const DISTANCES: Record<Metric, (query: Float32Array, vector: Float32Array) => number> = {
  cosine: (a, b) => {
    const lengths = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b))
    return lengths === 0 ? 1 : 1 - dot(a, b) / lengths
  },
  dot: (a, b) => -dot(a, b),
  l2: (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)),
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}

class ReferenceIndex implements VectorIndex {
  readonly #config: IndexConfig
  #graph: GraphConfig | undefined
  #vectors: Float32Array[] = []
  readonly #removed = new Set<number>()
  #indexed = 0
  readonly #dirty = new Set<string>(['state 0'])

  constructor(config: IndexConfig, graph: GraphConfig | undefined) {
    this.#config = config
    this.#graph = graph
  }

  get config(): IndexConfig {
    return { ...this.#config, graph: this.#graph }
  }

  get rows(): number {
    return this.#vectors.length
  }

  get live(): number {
    return this.rows - this.#removed.size
  }

  get indexed(): number {
    return this.#indexed
  }

  add(matrix: Float32Array): number {
    const first = this.rows
    const added = split(matrix, this.#config.dimension)
    this.#vectors = this.#vectors.concat(added)
    this.#dirty.add('state 0')
    for (const row of added.keys()) this.#dirty.add(`vectors ${chunkOf(first + row)}`)
    return first
  }

  reserve(): void {
    // An array grows by itself.
  }

  remove(rows: Uint32Array): void {
    for (const row of rows) {
      this.vector(row)
      this.#removed.add(row)
    }
    this.#dirty.add('state 0')
  }

  indexRows(count: number): number {
    if (!this.#graph) return 0
    this.#indexed = Math.min(this.rows, this.#indexed + count)
    this.#dirty.add('state 0')
    return this.rows - this.#indexed
  }

  setGraph(graph: GraphConfig | undefined): void {
    this.#graph = graph
    this.#indexed = 0
    this.#dirty.add('state 0')
  }

  vector(row: number): Float32Array {
    const vector = this.#vectors[row]
    if (!vector) throw new QuiverError('INVALID_OPTION', `There is no row ${row}.`)
    return vector.slice()
  }

  search(query: Float32Array, { k, mask }: IndexSearchOptions): Neighbors {
    requireWhole(query.length === this.#config.dimension, query.length, this.#config.dimension)
    const distance = DISTANCES[this.#config.metric]
    const nearest = this.#vectors
      .map((vector, row) => ({ row, distance: distance(query, vector) }))
      .filter(({ row }) => !this.#removed.has(row) && (!mask || isSet(mask, row)))
      .sort((a, b) => a.distance - b.distance || a.row - b.row)
      .slice(0, k)
    return {
      rows: Uint32Array.from(nearest, ({ row }) => row),
      distances: Float32Array.from(nearest, ({ distance }) => distance),
      visited: this.live,
    }
  }

  searchMany(queries: Float32Array, options: IndexSearchOptions): Neighbors[] {
    return split(queries, this.#config.dimension).map((query) => this.search(query, options))
  }

  bytes(): IndexBytes {
    return { state: 0, vectors: this.rows * this.#config.dimension * 4, codes: 0, graph: 0 }
  }

  chunkCount(part: IndexPart): number {
    if (part === 'state') return 1
    return part === 'vectors' ? Math.ceil(this.rows / CHUNK_ROWS) : 0
  }

  dirtyChunks(part: IndexPart): Uint32Array {
    const chunks = Array.from({ length: this.chunkCount(part) }, (_, chunk) => chunk)
    return Uint32Array.from(chunks.filter((chunk) => this.#dirty.has(`${part} ${chunk}`)))
  }

  readChunk(part: IndexPart, chunk: number): Uint8Array<ArrayBuffer> {
    if (chunk >= this.chunkCount(part)) {
      throw new QuiverError('INVALID_OPTION', `There is no chunk ${chunk} of ${part}.`)
    }
    if (part === 'state') {
      const state: SavedState = {
        config: this.config,
        rows: this.rows,
        removed: [...this.#removed],
        indexed: this.#indexed,
      }
      return seal(new TextEncoder().encode(JSON.stringify(state)))
    }
    const rows = this.#vectors.slice(chunk * CHUNK_ROWS, (chunk + 1) * CHUNK_ROWS)
    return seal(new Uint8Array(Float32Array.from(rows.flatMap((row) => [...row])).buffer))
  }

  markClean(): void {
    this.#dirty.clear()
  }

  free(): void {
    this.#vectors = []
  }

  restore({ rows, removed, indexed }: SavedState, matrix: Float32Array): this {
    this.add(matrix)
    if (this.rows !== rows) throw corrupt('chunks are missing')
    this.remove(Uint32Array.from(removed))
    this.#indexed = indexed
    this.markClean()
    return this
  }
}

interface SavedState {
  readonly config: IndexConfig
  readonly rows: number
  readonly removed: readonly number[]
  readonly indexed: number
}

function load(config: IndexConfig, { state, vectors }: IndexChunks): VectorIndex {
  if (state.length !== 1) throw corrupt('there is one chunk of state')
  const saved = JSON.parse(new TextDecoder().decode(unseal(state[0]!))) as SavedState
  if (JSON.stringify(saved.config) !== JSON.stringify({ ...config })) {
    throw corrupt('it has another configuration')
  }
  const values = vectors.flatMap((chunk) => [...new Float32Array(unseal(chunk).buffer)])
  return new ReferenceIndex(config, config.graph).restore(saved, Float32Array.from(values))
}

/** The payload after its checksum. */
function seal(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(4 + payload.length)
  new DataView(chunk.buffer).setUint32(0, checksum(payload))
  chunk.set(payload, 4)
  return chunk
}

function unseal(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = chunk.slice(4)
  const saved = chunk.length < 4 ? -1 : new DataView(chunk.slice().buffer).getUint32(0)
  if (saved !== checksum(payload)) throw corrupt('a checksum does not match')
  return payload
}

/** FNV-1a. */
function checksum(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}

function corrupt(what: string): QuiverError {
  return new QuiverError('CORRUPT', `The saved index cannot be used (${what}); build it again.`)
}

function split(matrix: Float32Array, dimension: number): Float32Array[] {
  requireWhole(matrix.length % dimension === 0, matrix.length, dimension)
  const rows = matrix.length / dimension
  return Array.from({ length: rows }, (_, n) => matrix.slice(n * dimension, (n + 1) * dimension))
}

function requireWhole(whole: boolean, length: number, dimension: number): void {
  if (whole) return
  throw new QuiverError('DIMENSION_MISMATCH', `${length} values are no rows of ${dimension}.`)
}

function chunkOf(row: number): number {
  return Math.floor(row / CHUNK_ROWS)
}

function isSet(mask: Uint8Array, row: number): boolean {
  return ((mask[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}
