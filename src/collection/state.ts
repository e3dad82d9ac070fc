import { QuiverError } from '../contract/errors.ts'
import type { Engine, VectorIndex } from '../engine/index.ts'
import { type Operation, type UpsertOperation, VectorKind } from '../storage/operations.ts'
import type { Calibration } from './calibration.ts'
import { type CollectionConfig, codesOf } from './config.ts'
import { Columns } from './columns/index.ts'
import { Bitset } from './filter/bitset.ts'
import { Documents } from './documents.ts'
import { createIndex, graphFor, matrixOf } from './index-rows.ts'
import type { Hurry, Originals } from './originals.ts'
import { decodeDocument } from './records.ts'
import { storedConfig } from './stored-config.ts'
import { describe } from './values.ts'

/**
 * All that a collection holds in memory, by row. It changes by operations alone, the same ones when they are written and
 * when they are replayed from the log. A row is never reused: a replaced record gets a new one.
 */
export class CollectionState {
  config: CollectionConfig
  index: VectorIndex | undefined
  /** Where the index was loaded without its vectors. */
  readonly #originals: Originals | undefined
  /** How wide walks of the graph must be; `undefined` until it was measured. */
  calibration: Calibration | undefined
  readonly ids: string[]
  readonly rowOf: Map<string, number>
  /** `VectorKind` by row. */
  readonly kinds: number[]
  /** Rows that hold a record. */
  readonly live: Bitset
  readonly documents: Documents
  readonly columns: Columns
  /** Ids whose records were lost to damage, until they are written again or deleted. */
  readonly quarantined = new Set<string>()
  readonly #engine: Engine
  /** Rows of writes that are to come, for which room is made. */
  #promised = 0
  /** Made for the first vectors before they are logged, and taken when they come. */
  #prepared: VectorIndex | undefined
  #readers = 0
  #retired = false

  constructor(engine: Engine, config: CollectionConfig, saved?: SavedState) {
    this.#engine = engine
    this.config = config
    this.index = saved?.index
    this.#originals = saved?.originals
    this.calibration = saved?.calibration
    this.ids = saved?.ids ?? []
    this.kinds = saved?.kinds ?? []
    this.live = saved?.live ?? new Bitset(0)
    this.documents = saved?.documents ?? new Documents()
    this.columns = saved?.columns ?? new Columns(config.fields)
    this.rowOf = new Map()
    for (const [row, id] of this.ids.entries()) {
      if (this.live.has(row)) this.rowOf.set(id, row)
    }
    this.#followGraphPolicy()
  }

  /** Rows ever written, the replaced and deleted ones included. */
  get rows(): number {
    return this.ids.length
  }

  get count(): number {
    return this.rowOf.size
  }

  /**
   * Makes room for what operations will add, beside that made for others before, so that applying them cannot fail. To be
   * called before they are logged; the function it answers is to be called once they are applied, or given up.
   * @throws QuiverError `OUT_OF_MEMORY`
   */
  makeRoom(operations: readonly Operation[]): () => void {
    const upserts = operations.filter((operation) => operation.type === 'upsert')
    const rows = upserts.reduce((sum, { ids }) => sum + ids.length, 0)
    const dimension = Math.max(0, ...upserts.map((upsert) => upsert.dimension))
    let index = this.index ?? this.#prepared
    if (rows === 0 || (!index && dimension === 0)) return () => undefined
    index ??= this.#prepared = this.#createIndex(dimension)
    try {
      index.reserve(this.#promised + rows)
    } catch (error) {
      if (this.#promised === 0) this.#dropPrepared()
      throw error
    }
    this.#promised += rows
    let released = false
    return () => {
      if (released) return
      released = true
      this.#promised -= rows
      if (this.#promised === 0) this.#dropPrepared()
    }
  }

  /** The row of a record, or `undefined`. @throws QuiverError `CORRUPT` where the record was lost to damage */
  findRow(id: string): number | undefined {
    const row = this.rowOf.get(id)
    if (row !== undefined || !this.quarantined.has(id)) return row
    throw new QuiverError(
      'CORRUPT',
      `Record ${describe(id)} of collection "${this.config.name}" was lost: what was stored of it is damaged. Write it again, or delete it.`,
    )
  }

  /** Does what an operation of this collection says; replaying the log does the same. */
  apply(operation: Operation): void {
    switch (operation.type) {
      case 'configure':
        this.config = storedConfig(operation.config)
        break
      case 'upsert':
        this.#upsert(operation)
        break
      case 'delete':
        this.#delete(operation.ids)
        break
      case 'create':
      case 'drop':
        break
    }
    this.#followGraphPolicy()
  }

  /** A state without records, of the same config on the same engine. */
  emptyCopy(): CollectionState {
    return new CollectionState(this.#engine, this.config)
  }

  /** Whether the config asks for columns or codes that the rows were not written with; then it is to be rebuilt. */
  get isStale(): boolean {
    if (Object.keys(this.config.fields).some((field) => !this.columns.has(field))) return true
    if (!this.index) return false
    const { dimension, codes } = this.index.config
    return codes !== codesOf(this.config, dimension)
  }

  hasVector(row: number): boolean {
    return this.kinds[row] !== VectorKind.none
  }

  /** Whether vectors as given are still to be read; until then searches answer by codes. */
  get isLoading(): boolean {
    return (this.index?.missingChunks ?? 0) > 0
  }

  /** The vector of a row as it was given. @throws QuiverError `CORRUPT` */
  async vector(row: number): Promise<Float32Array | undefined> {
    await this.#originals?.need(row)
    return this.index?.vector(row)
  }

  /** Resolves when all vectors are there. @throws QuiverError `CORRUPT` */
  async loaded(hurry: Hurry = 'now'): Promise<void> {
    if (this.isLoading) await this.#originals?.all(hurry)
  }

  /** Counts a reader in; a state that was replaced keeps its memory until the last one is out. */
  async read<T>(reader: (state: this) => Promise<T>): Promise<T> {
    this.#readers++
    try {
      return await reader(this)
    } finally {
      this.#readers--
      this.#freeWhenUnused()
    }
  }

  /** Gives the memory back once nobody reads any more. */
  retire(): void {
    this.#retired = true
    this.#freeWhenUnused()
  }

  #dropPrepared(): void {
    this.#prepared?.free()
    this.#prepared = undefined
  }

  #freeWhenUnused(): void {
    if (!this.#retired || this.#readers > 0) return
    this.#dropPrepared()
    this.#originals?.stop()
    this.index?.free()
    this.index = undefined
  }

  #upsert(operation: UpsertOperation): void {
    const first = this.rows
    this.#addVectors(operation)
    const replaced: number[] = []
    for (const [n, id] of operation.ids.entries()) {
      const old = this.rowOf.get(id)
      if (old !== undefined) replaced.push(old)
      this.rowOf.set(id, first + n)
      this.quarantined.delete(id)
      this.ids.push(id)
      this.kinds.push(operation.kinds[n] ?? VectorKind.none)
    }
    this.live.grow(this.rows)
    for (let row = first; row < this.rows; row++) this.live.add(row)
    this.documents.append(operation.docs)
    this.columns.append(operation.docs.map(decodeDocument))
    this.#removeRows(replaced)
  }

  #delete(ids: readonly string[]): void {
    const rows: number[] = []
    for (const id of ids) {
      this.quarantined.delete(id)
      const row = this.rowOf.get(id)
      if (row === undefined) continue
      this.rowOf.delete(id)
      rows.push(row)
    }
    this.#removeRows(rows)
  }

  #removeRows(rows: readonly number[]): void {
    for (const row of rows) this.live.remove(row)
    this.index?.remove(Uint32Array.from(rows))
  }

  /** Rows of the index are the rows of the collection: a record without a vector gets zeros and is removed at once. */
  #addVectors(operation: UpsertOperation): void {
    const { dimension, vectors } = operation
    if (dimension === 0 && this.index === undefined) return
    this.index ??= this.#takePrepared() ?? this.#createIndex(dimension)
    if (vectors.length > 0 && dimension !== this.index.config.dimension) {
      throw new QuiverError('INTERNAL', 'Vectors of another dimension came to be written.')
    }
    const { matrix, absent } = matrixOf(operation, this.index.config.dimension)
    const first = this.index.add(matrix)
    if (absent.length > 0) this.index.remove(Uint32Array.from(absent, (n) => first + n))
  }

  #takePrepared(): VectorIndex | undefined {
    const prepared = this.#prepared
    this.#prepared = undefined
    return prepared
  }

  #createIndex(dimension: number): VectorIndex {
    return createIndex(this.#engine, this.config, dimension, this.rows)
  }

  #followGraphPolicy(): void {
    if (!this.index) return
    const present = this.index.config.graph
    const graph = graphFor(this.config, this.count, present)
    if (graph === present) return
    this.index.setGraph(graph)
    this.calibration = undefined
  }
}

/** What a snapshot brings back. */
export interface SavedState {
  readonly index: VectorIndex | undefined
  readonly originals: Originals | undefined
  readonly calibration: Calibration | undefined
  readonly ids: string[]
  readonly kinds: number[]
  readonly live: Bitset
  readonly documents: Documents
  readonly columns: Columns
}
