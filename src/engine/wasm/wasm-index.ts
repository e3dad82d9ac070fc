import { QuiverError } from '../../contract/errors.ts'
import type { Index } from '../../../rust-wasm/pkg/simd128/core.js'
import type {
  GraphConfig,
  IndexBytes,
  IndexConfig,
  IndexPart,
  IndexSearchOptions,
  Neighbors,
  VectorIndex,
} from '../index.ts'
import type { Build } from './build.ts'
import { CODES, METHODS, METRICS, ORIGINALS, PARTS } from './codes.ts'
import { fill } from './fill.ts'
import { guarded } from './failure.ts'

/** Floats handed over at once: a window, so that a large matrix is not held twice. */
const WINDOW = 1 << 18
/** Rows that one call of the core may find: a window on the answers of many queries. */
const GROUP_ROWS = 1 << 20
/** No row. */
const NONE = 0xffff_ffff

/** Makes an index without rows. @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY` */
export function createIndex(build: Build, config: IndexConfig): VectorIndex {
  const core = guarded(
    () =>
      new build.glue.Index(
        config.dimension,
        METRICS[config.metric],
        CODES[config.codes],
        ORIGINALS[config.originals],
      ),
  )
  const index = new WasmIndex(build, core, config)
  try {
    index.setGraph(config.graph)
  } catch (error) {
    index.free()
    throw error
  }
  return index
}

/** An index inside the core. Views of the core's memory live for one call: growth detaches them. */
export class WasmIndex implements VectorIndex {
  readonly #build: Build
  readonly #core: Index
  #config: IndexConfig

  constructor(build: Build, core: Index, config: IndexConfig) {
    this.#build = build
    this.#core = core
    this.#config = config
  }

  get config(): IndexConfig {
    return this.#config
  }

  get rows(): number {
    return this.#core.rows
  }

  get live(): number {
    return this.#core.live
  }

  get indexed(): number {
    return this.#core.indexed
  }

  get waiting(): number {
    return this.#config.graph ? this.rows - this.indexed : 0
  }

  get missingChunks(): number {
    return this.#core.missing
  }

  add(matrix: Float32Array): number {
    const { dimension } = this.#config
    requireWhole(matrix.length % dimension === 0, matrix, dimension)
    return guarded(() => {
      const first = this.#core.rows
      const window = Math.max(1, Math.floor(WINDOW / dimension)) * dimension
      // All or nothing: beyond here nothing can fail.
      this.#core.reserve(matrix.length / dimension, window)
      for (let at = 0; at < matrix.length; at += window) {
        this.#writeFloats(matrix.subarray(at, at + window))
        this.#core.add()
      }
      return first
    })
  }

  reserve(rows: number): void {
    guarded(() => {
      this.#core.reserve(rows, this.#config.dimension)
    })
  }

  remove(rows: Uint32Array): void {
    guarded(() => {
      for (const row of rows) this.#core.remove(row)
    })
  }

  indexRows(count: number): number {
    this.#build.callHelpers(this.waiting)
    return guarded(() => this.#core.indexRows(Math.min(count, this.#core.rows)))
  }

  setGraph(graph: GraphConfig | undefined): void {
    guarded(() => {
      if (graph) this.#core.setGraph(graph.M, graph.efConstruction, graph.seed)
      else this.#core.dropGraph()
    })
    this.#config = { ...this.#config, graph }
  }

  vector(row: number): Float32Array {
    const address = guarded(() => this.#core.vector(row))
    return new Float32Array(this.#build.memory.buffer, address, this.#config.dimension).slice()
  }

  search(query: Float32Array, options: IndexSearchOptions): Neighbors {
    requireWhole(query.length === this.#config.dimension, query, this.#config.dimension)
    return this.#searchOne(query, options, NONE)
  }

  searchMany(queries: Float32Array, options: IndexSearchOptions): Neighbors[] {
    const { dimension } = this.#config
    requireWhole(queries.length % dimension === 0, queries, dimension)
    this.#build.callHelpers(queries.length / dimension)
    return guarded(() => {
      const masked = this.#writeMask(options.mask)
      const k = Math.max(1, Math.min(options.k, this.rows))
      const group = Math.max(1, Math.min(GROUP_ROWS / k, WINDOW / dimension) | 0) * dimension
      const answers: Neighbors[] = []
      for (let at = 0; at < queries.length; at += group) {
        answers.push(...this.#search(queries.subarray(at, at + group), options, masked, NONE))
      }
      return answers
    })
  }

  searchRow(row: number, options: IndexSearchOptions): Neighbors {
    return this.#searchOne(this.vector(row), options, row)
  }

  bytes(): IndexBytes {
    const of = (part: IndexPart) => this.#core.bytes(PARTS[part])
    return {
      state: of('state'),
      vectors: of('vectors'),
      codes: of('codes'),
      graph: of('graph'),
    }
  }

  chunkCount(part: IndexPart): number {
    return this.#core.chunks(PARTS[part])
  }

  dirtyChunks(part: IndexPart): Uint32Array {
    const chunks = Array.from({ length: this.chunkCount(part) }, (_, chunk) => chunk)
    return Uint32Array.from(chunks.filter((chunk) => this.#core.isDirty(PARTS[part], chunk)))
  }

  readChunk(part: IndexPart, chunk: number): Uint8Array<ArrayBuffer> {
    const buffer = new this.#build.glue.Buffer()
    try {
      guarded(() => {
        this.#core.writeChunk(PARTS[part], chunk, buffer)
      })
      return new Uint8Array(this.#build.memory.buffer, buffer.address, buffer.length).slice()
    } finally {
      buffer.free()
    }
  }

  markClean(): void {
    this.#core.markClean()
  }

  handIn(_part: 'vectors', chunk: number, bytes: Uint8Array): void {
    const buffer = new this.#build.glue.Buffer()
    try {
      guarded(() => {
        fill(this.#build.memory, buffer, bytes)
        this.#core.handIn(chunk, buffer)
      })
    } finally {
      buffer.free()
    }
  }

  free(): void {
    this.#core.free()
  }

  #writeFloats(floats: Float32Array): void {
    const address = this.#core.floats(floats.length)
    new Float32Array(this.#build.memory.buffer, address, floats.length).set(floats)
  }

  /** Answers 1 when there is a mask to search under, else 0. */
  #writeMask(mask: Uint8Array | undefined): number {
    if (!mask) return 0
    // Rows beyond the mask's end do not match, and it may be longer than there are rows.
    const bytes = mask.subarray(0, Math.ceil(this.#core.rows / 8))
    const address = this.#core.mask(Math.ceil(bytes.length / 8))
    new Uint8Array(this.#build.memory.buffer, address, bytes.length).set(bytes)
    return 1
  }

  #searchOne(query: Float32Array, options: IndexSearchOptions, except: number): Neighbors {
    return guarded(() => {
      const masked = this.#writeMask(options.mask)
      const [answer] = this.#search(query, options, masked, except)
      if (!answer) throw new QuiverError('INTERNAL', 'The core left a query unanswered.')
      return answer
    })
  }

  /** Answers all queries, without the row `except` unless it is `NONE`. */
  #search(
    queries: Float32Array,
    options: IndexSearchOptions,
    masked: number,
    except: number,
  ): Neighbors[] {
    const { k, ef, method, radius = Infinity } = options
    if (options.radius !== undefined && method !== 'exact') {
      throw new QuiverError('INVALID_OPTION', "A radius needs method 'exact'.")
    }
    const core = this.#core
    const { rows } = core
    this.#writeFloats(queries)
    core.search(Math.min(k, rows), Math.min(ef, rows), METHODS[method], masked, radius, except)
    const { buffer } = this.#build.memory
    const count = queries.length / this.#config.dimension
    const counts = new Uint32Array(buffer, core.foundCounts, count)
    const visited = new Uint32Array(buffer, core.visited, count)
    let end = 0
    return Array.from(counts, (found, n) => {
      const start = end
      end += found
      return {
        rows: new Uint32Array(buffer, core.foundRows + 4 * start, found).slice(),
        distances: new Float32Array(buffer, core.foundDistances + 4 * start, found).slice(),
        visited: visited[n] ?? 0,
      }
    })
  }
}

function requireWhole(whole: boolean, floats: Float32Array, dimension: number): void {
  if (whole) return
  throw new QuiverError(
    'DIMENSION_MISMATCH',
    `${floats.length} values are no vectors of ${dimension}. Give as many values as the dimension says.`,
  )
}
