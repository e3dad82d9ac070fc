import { QuiverError } from '../contract/errors.ts'
import { comparesSets, DISTANCES } from './distance.ts'
import { roundToHalves } from './half.ts'
import { corrupt, requireWhole, seal, sealRows, split, unseal, unsealRows } from './rows.ts'
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
 * and codes as they are asked for, and answers exactly all the same: its codes are the vectors once more.
 */
export const referenceEngine: Engine = {
  name: 'reference',
  create: (config) => new ReferenceIndex(config),
  load: (config, chunks) => load(config, chunks),
  loader: (config, state) => {
    const chunks: Record<IndexPart, Uint8Array[]> = {
      state: [state],
      vectors: [],
      codes: [],
      graph: [],
    }
    return {
      read: (part, chunk) => chunks[part].push(chunk),
      finish: () => load(config, chunks),
      free: () => undefined,
    }
  },
  readVectors: (_config, chunk) => new Float32Array(unseal(chunk).buffer),
}

/** Rows of a chunk of vectors or codes; small, so that tests see several. */
const CHUNK_ROWS = 256

class ReferenceIndex implements VectorIndex {
  #config: IndexConfig
  #vectors: Float32Array[] = []
  readonly #removed = new Set<number>()
  /** By chunk whose vectors are to be handed in: the end of its rows when it was saved. */
  readonly #missing = new Map<number, number>()
  #indexed = 0
  readonly #dirty = new Set<string>(['state 0'])

  constructor(config: IndexConfig) {
    if (comparesSets(config.metric) && config.codes !== '1bit') {
      throw new QuiverError('INVALID_OPTION', `Codes under ${config.metric} must be '1bit'.`)
    }
    this.#config = config
  }

  get config(): IndexConfig {
    return this.#config
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

  get waiting(): number {
    return this.#config.graph ? this.rows - this.#indexed : 0
  }

  get missingChunks(): number {
    return this.#missing.size
  }

  add(matrix: Float32Array): number {
    const first = this.rows
    const given = split(matrix, this.#config.dimension)
    const added = this.#config.originals === 'f16' ? given.map(roundToHalves) : given
    this.#vectors = this.#vectors.concat(added)
    this.#dirty.add('state 0')
    for (const row of added.keys()) {
      this.#dirty.add(`vectors ${chunkOf(first + row)}`)
      this.#dirty.add(`codes ${chunkOf(first + row)}`)
    }
    return first
  }

  reserve(): void {
    // An array grows by itself.
  }

  remove(rows: Uint32Array): void {
    for (const row of rows) {
      this.#compared(row)
      this.#removed.add(row)
    }
    this.#dirty.add('state 0')
  }

  indexRows(count: number): number {
    if (this.#config.graph) this.#indexed = Math.min(this.rows, this.#indexed + count)
    this.#dirty.add('state 0')
    return this.waiting
  }

  setGraph(graph: GraphConfig | undefined): void {
    this.#config = { ...this.#config, graph }
    this.#indexed = 0
    this.#dirty.add('state 0')
  }

  vector(row: number): Float32Array {
    const vector = this.#compared(row)
    if (row < (this.#missing.get(chunkOf(row)) ?? 0)) throw missing(chunkOf(row))
    return vector.slice()
  }

  search(query: Float32Array, options: IndexSearchOptions): Neighbors {
    return this.#search(query, options, undefined)
  }

  searchMany(queries: Float32Array, options: IndexSearchOptions): Neighbors[] {
    return split(queries, this.#config.dimension).map((query) => this.search(query, options))
  }

  searchRow(row: number, options: IndexSearchOptions): Neighbors {
    return this.#search(this.#compared(row), options, row)
  }

  bytes(): IndexBytes {
    const vectors = this.rows * this.#config.dimension * 4
    return { state: 0, vectors, codes: this.#config.codes === 'none' ? 0 : vectors, graph: 0 }
  }

  chunkCount(part: IndexPart): number {
    if (part === 'state') return 1
    if (part === 'graph' || (part === 'codes' && this.#config.codes === 'none')) return 0
    return Math.ceil(this.rows / CHUNK_ROWS)
  }

  dirtyChunks(part: IndexPart): Uint32Array {
    const chunks = Array.from({ length: this.chunkCount(part) }, (_, chunk) => chunk)
    return Uint32Array.from(chunks.filter((chunk) => this.#dirty.has(`${part} ${chunk}`)))
  }

  readChunk(part: IndexPart, chunk: number): Uint8Array<ArrayBuffer> {
    if (chunk >= this.chunkCount(part)) throw noChunk(part, chunk)
    if (part === 'vectors' && this.#missing.has(chunk)) throw missing(chunk)
    if (part !== 'state') return sealRows(this.#rowsOf(chunk))
    const { config, rows, indexed } = this
    const state: SavedState = { config, rows, indexed, removed: [...this.#removed] }
    return seal(new TextEncoder().encode(JSON.stringify(state)))
  }

  markClean(): void {
    this.#dirty.clear()
  }

  handIn(_part: 'vectors', chunk: number, bytes: Uint8Array): void {
    if (chunk >= this.chunkCount('vectors')) throw noChunk('vectors', chunk)
    const rows = unsealRows(bytes, this.#config.dimension)
    const expected = this.#missing.get(chunk)
    if (expected === undefined) return
    if (rows.length !== expected - chunk * CHUNK_ROWS) throw corrupt('a chunk is of another size')
    this.#vectors.splice(chunk * CHUNK_ROWS, rows.length, ...rows)
    this.#missing.delete(chunk)
  }

  free(): void {
    this.#vectors = []
  }

  /** Takes over what was saved; `present` says whether the originals were among it. */
  restore(saved: SavedState, rows: Float32Array[], present: 'originals' | 'codes'): this {
    if (rows.length !== saved.rows) throw corrupt('chunks are missing')
    this.#vectors = rows
    this.remove(Uint32Array.from(saved.removed))
    this.#indexed = saved.indexed
    if (present === 'codes') {
      for (let chunk = 0; chunk < this.chunkCount('vectors'); chunk++) {
        this.#missing.set(chunk, Math.min(this.rows, (chunk + 1) * CHUNK_ROWS))
      }
    }
    this.markClean()
    return this
  }

  #search(query: Float32Array, options: IndexSearchOptions, itself: number | undefined): Neighbors {
    const { k, mask, radius = Infinity, method } = options
    const { dimension, metric } = this.#config
    requireWhole(query.length === dimension, query.length, dimension)
    if (options.radius !== undefined && method !== 'exact') {
      throw new QuiverError('INVALID_OPTION', "A radius needs method 'exact'.")
    }
    const distance = DISTANCES[metric]
    const found: { row: number; distance: number }[] = []
    for (const [row, vector] of this.#vectors.entries()) {
      if (row === itself || this.#removed.has(row) || (mask && !isSet(mask, row))) continue
      const measured = distance(query, vector)
      if (measured <= radius) found.push({ row, distance: measured })
    }
    const nearest = found.sort((a, b) => a.distance - b.distance || a.row - b.row).slice(0, k)
    return {
      rows: Uint32Array.from(nearest, ({ row }) => row),
      distances: Float32Array.from(nearest, (each) => each.distance),
      visited: this.live,
    }
  }

  #compared(row: number): Float32Array {
    const vector = this.#vectors[row]
    if (!vector) throw new QuiverError('INVALID_OPTION', `There is no row ${row}.`)
    return vector
  }

  #rowsOf(chunk: number): Float32Array[] {
    return this.#vectors.slice(chunk * CHUNK_ROWS, (chunk + 1) * CHUNK_ROWS)
  }
}

interface SavedState {
  readonly config: IndexConfig
  readonly rows: number
  readonly indexed: number
  readonly removed: readonly number[]
}

function load(config: IndexConfig, { state, vectors, codes }: IndexChunks): VectorIndex {
  if (state.length !== 1) throw corrupt('there is one chunk of state')
  const saved = JSON.parse(new TextDecoder().decode(unseal(state[0]!))) as SavedState
  if (fieldsOf(saved.config) !== fieldsOf(config)) throw corrupt('it has another configuration')
  const index = new ReferenceIndex(config)
  const rowsOf = (chunks: readonly Uint8Array[]) =>
    chunks.flatMap((chunk) => unsealRows(chunk, config.dimension))
  const [originals, copies] = [rowsOf(vectors), rowsOf(codes)]
  if (copies.length !== (config.codes === 'none' ? 0 : saved.rows))
    throw corrupt('codes are missing')
  const later = vectors.length === 0 && config.codes !== 'none'
  return later
    ? index.restore(saved, copies, 'codes')
    : index.restore(saved, originals, 'originals')
}

function fieldsOf({ dimension, metric, codes, originals, graph }: IndexConfig): string {
  const { M, efConstruction, seed } = graph ?? {}
  return [dimension, metric, codes, originals, M, efConstruction, seed].join(' ')
}

function missing(chunk: number): QuiverError {
  return new QuiverError('NOT_FOUND', `Chunk ${chunk} of the vectors was not handed in yet.`)
}

function noChunk(part: IndexPart, chunk: number): QuiverError {
  return new QuiverError('INVALID_OPTION', `There is no chunk ${chunk} of ${part}.`)
}

function chunkOf(row: number): number {
  return Math.floor(row / CHUNK_ROWS)
}

function isSet(mask: Uint8Array, row: number): boolean {
  return ((mask[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}
