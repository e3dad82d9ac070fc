import type {
  Collection,
  CollectionStats,
  Damage,
  Hits,
  Include,
  Query,
  RecordInput,
  RecordPatch,
  SearchOptions,
  StoredRecord,
  UpsertResult,
  Verification,
  VerifyOptions,
} from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { Fields, Where } from '../contract/fields.ts'
import { QuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import type { ProgressReporter } from '../platform/progress.ts'
import { requireOptions } from '../platform/options.ts'
import { Slices } from '../platform/task.ts'
import type { Storage } from '../storage/index.ts'
import { VectorKind } from '../storage/operations.ts'
import type { CallContext } from './call-context.ts'
import type { CommitQueue, Write } from './commit-queue.ts'
import type { CollectionConfig } from './config.ts'
import { DamagedChunk } from './damage.ts'
import { EmbeddingSpace, shippedFor } from './embedding.ts'
import { Indexer } from './indexer.ts'
import { matchRows } from './match.ts'
import type { Outcomes } from './outcomes.ts'
import { validateId } from './records.ts'
import { type RecoveredCollection, recoverCollection } from './recover.ts'
import { searchMany, toRecord } from './search.ts'
import type { SavedCollection } from './snapshot.ts'
import type { CollectionState } from './state.ts'
import { statsOf } from './stats.ts'
import { update } from './update.ts'
import { UpsertBatch } from './upsert.ts'
import { verify } from './verify.ts'
import { remove } from './write.ts'

/** Records checked between two looks at the clock. */
const CHECK_SLICE = 64

/** What a collection shares with the others of its database. */
export interface Surroundings {
  readonly engine: Engine
  readonly storage: Storage
  readonly queue: CommitQueue
  /** Called after every write and when the graph is complete: a fold may be due. */
  readonly changed: () => void
  /** Called whenever searches in the collection of this number may find something else than before. */
  readonly written: (collection: number) => void
  /** Called when all vectors are read, and with what was damaged once it was mended. */
  readonly loaded: (damage: readonly Damage[]) => void
}

/**
 * The collection itself, on the thread it lives on. Joins the rooms; each does its work in its own file. Live queries are of
 * the handles to it.
 */
export class LocalCollection implements Omit<Collection<Fields>, 'live'> {
  readonly number: number
  readonly storage: Storage
  state: CollectionState
  /** Where its parts are stored, as of the last fold; `undefined` makes the next fold write all of it. */
  saved: SavedCollection | undefined
  /** Whether it was written anew and has yet to be stored so. */
  isRewritten: boolean
  readonly #surroundings: Surroundings
  readonly #indexer: Indexer
  /** Reading the vectors in the background has failed. */
  #loadFailed = false
  #closed = false

  constructor(
    { number, state, saved, isRewritten }: RecoveredCollection,
    surroundings: Surroundings,
  ) {
    this.number = number
    this.state = state
    this.storage = surroundings.storage
    this.saved = saved
    this.isRewritten = isRewritten
    this.#surroundings = surroundings
    this.#indexer = new Indexer(surroundings.queue, () => this.state, surroundings.changed)
    this.#indexer.start()
    if (state.isLoading) this.#load()
  }

  get config(): CollectionConfig {
    return this.state.config
  }

  get name(): string {
    return this.config.name
  }

  /** What calls did that may be sent again. */
  get outcomes(): Outcomes {
    return this.#surroundings.queue.outcomes
  }

  /** With the embedder that the caller gave, else the one shipped; a collection fixed to given vectors has none. */
  spaceOf(given: Embedder | undefined): EmbeddingSpace {
    const { name, embedder } = this.config
    const own = embedder === null ? undefined : (given ?? shippedFor(embedder))
    return new EmbeddingSpace(name, own, embedder)
  }

  /** What is left until the graph is whole. */
  get waiting(): number {
    return this.#indexer.waiting
  }

  // -------------------------------------------------------------------------------------- the public calls

  upsert(
    records: RecordInput<Fields> | readonly RecordInput<Fields>[],
    options?: CallContext,
  ): Promise<UpsertResult>
  upsert(ids: readonly string[], matrix: Float32Array, options?: CallContext): Promise<UpsertResult>
  async upsert(
    first: RecordInput<Fields> | readonly (RecordInput<Fields> | string)[],
    second?: Float32Array | CallContext,
    third?: CallContext,
  ): Promise<UpsertResult> {
    const batch = this.batch()
    if (second instanceof Float32Array) {
      requireOptions('upsert', third)
      batch.addMatrix(first as readonly string[], second)
      return batch.commit(third)
    }
    requireOptions('upsert', second)
    const records: readonly unknown[] = Array.isArray(first) ? first : [first]
    const slices = new Slices(second?.signal)
    for (let from = 0; from < records.length; from += CHECK_SLICE) {
      await slices.pause()
      batch.addRecords(records.slice(from, from + CHECK_SLICE))
    }
    return batch.commit(second)
  }

  /** A write that is filled piece by piece. */
  batch(): UpsertBatch {
    this.#requireOpen()
    return new UpsertBatch(this)
  }

  async get(id: string): Promise<StoredRecord<Fields> | undefined> {
    this.#requireOpen()
    validateId(id)
    return this.read(async (state) => {
      const row = state.findRow(id)
      if (row === undefined) return undefined
      const given = state.kinds[row] === VectorKind.given
      const vector = given ? await state.vector(row) : undefined
      const [document] = await state.documents.read([row], this.storage)
      const record = toRecord(id, document ?? '{}')
      return vector ? Object.assign(record, { vector }) : record
    })
  }

  async update(id: string, patch: RecordPatch<Fields>, options: CallContext = {}): Promise<void> {
    this.#requireOpen()
    requireOptions('update', options)
    await update(this, id, patch, options)
  }

  async delete(
    target: string | readonly string[] | { readonly where: Where },
    context: CallContext = {},
  ): Promise<number> {
    this.#requireOpen()
    return remove(this, target, context)
  }

  async count(where?: Where): Promise<number> {
    this.#requireOpen()
    return where === undefined ? this.state.count : matchRows(this.state, where).count()
  }

  async search<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options?: SearchOptions<Fields, I>,
    context?: CallContext,
  ): Promise<Hits<Fields, I>> {
    const [hits] = await this.searchMany([query], options, context)
    if (!hits) throw new QuiverError('INTERNAL', 'A search came back without an answer.')
    return hits
  }

  async searchMany<const I extends Include = 'record' | 'distance'>(
    queries: readonly Query[],
    options?: SearchOptions<Fields, I>,
    { embedder }: CallContext = {},
  ): Promise<Hits<Fields, I>[]> {
    this.#requireOpen()
    const answers = await this.read((state) =>
      searchMany(state, this.spaceOf(embedder), this.storage, queries, options),
    )
    return answers
  }

  async stats(): Promise<CollectionStats> {
    this.#requireOpen()
    return statsOf(this, this.#surroundings.engine.name)
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    this.#requireOpen()
    requireOptions('verify', options)
    return verify(this, options)
  }

  // -------------------------------------------------------------------------------------- for the rooms around it

  /** Reads of what it holds. Where that turns out damaged in storage, the collection is mended first. */
  async read<T>(reader: (state: CollectionState) => Promise<T>): Promise<T> {
    const { state } = this
    try {
      return await state.read(reader)
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
      await this.mend(state)
      return this.state.read(reader)
    }
  }

  /**
   * Sends a change through the one door. Room for it is made before the log has it: what is in the log must fit whenever it
   * is replayed.
   * @throws QuiverError `CLOSED` when the collection went meanwhile, `OUT_OF_MEMORY`
   */
  async write<T>(write: Write<T>): Promise<T> {
    let release = (): void => undefined
    try {
      const result = await this.#surroundings.queue.write({
        ...write,
        prepare: () => {
          this.#requireOpen()
          const operations = write.prepare()
          release = this.state.makeRoom(operations)
          return operations
        },
        apply: () => {
          try {
            return write.apply()
          } finally {
            release()
          }
        },
      })
      if (this.#loadFailed) this.#load()
      this.#indexer.start()
      this.#surroundings.changed()
      this.#surroundings.written(this.number)
      return result
    } finally {
      release()
    }
  }

  /**
   * For an index that was asked for by name, waits until the graph holds every row. An abort ends the waiting alone:
   * what was written is durable, and found by a scan.
   */
  async indexed(signal: AbortSignal | undefined, progress: ProgressReporter): Promise<void> {
    if (this.config.index.type !== 'hnsw' || this.waiting === 0) return
    const total = this.waiting
    await this.#indexer.drained((waiting) => {
      progress.report('indexing', Math.max(total - waiting, 0), total)
    }, signal)
    if (this.waiting === 0) progress.report('indexing', total, total)
  }

  /** Takes the place of the state after a rebuild; searches under way finish on the old one. */
  replaceState(state: CollectionState): void {
    this.state.retire()
    this.state = state
    this.saved = undefined
    this.isRewritten = true
    this.#indexer.start()
  }

  wasFolded(saved: SavedCollection): void {
    this.saved = saved
    this.isRewritten = false
  }

  /** Reads the vectors that the index was loaded without. What fails is tried again after the next write. */
  #load(): void {
    this.#loadFailed = false
    this.read((state) => state.loaded('background')).then(
      () => {
        this.#wasLoaded()
      },
      () => {
        this.#loadFailed = true
      },
    )
  }

  /** What came meanwhile is taken into the graph now. */
  #wasLoaded(): void {
    this.#indexer.start()
    this.#surroundings.changed()
    // Distances are no longer estimates.
    this.#surroundings.written(this.number)
    this.#surroundings.loaded([])
  }

  /** Reads `damaged` anew, once, from what is whole, when its turn in the queue comes. */
  mend(damaged: CollectionState): Promise<void> {
    const { engine, storage, queue, changed, written, loaded } = this.#surroundings
    return queue.exclusive(async () => {
      if (this.state !== damaged || this.#closed) return
      // Who has taken over may have dropped what is missing, and has the rest as it should be.
      await storage.confirm()
      const { state, damage } = await recoverCollection(engine, storage, this.number)
      this.replaceState(state)
      changed()
      written(this.number)
      loaded(damage)
    })
  }

  /** From now on every call answers `CLOSED`. */
  markClosed(): void {
    this.#closed = true
  }

  /** Ends the work in the background. */
  stop(): Promise<void> {
    return this.#indexer.stop()
  }

  /** Gives the memory back. Only when the queue is empty: a fold under way still reads the state. */
  free(): void {
    this.markClosed()
    this.state.retire()
  }

  /** What is in memory counts only as long as the storage behind it does. */
  #requireOpen(): void {
    if (this.storage.failure && !this.#closed) throw this.storage.failure
    if (!this.#closed) return
    throw new QuiverError(
      'CLOSED',
      `Collection "${this.name}" is closed or was deleted. Open it again with db.collection().`,
    )
  }
}
