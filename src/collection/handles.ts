import type {
  CallOptions,
  Collection,
  CollectionOptions,
  CollectionStats,
  Database,
  DatabaseEvents,
  DatabaseStats,
  DatabaseStatus,
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
import type { Fields, Filter, NoFields } from '../contract/fields.ts'
import { Calls } from '../platform/calls.ts'
import { requestPersistence } from '../platform/persistence.ts'
import type { LocalCollection } from './collection.ts'
import type { LocalDatabase } from './database.ts'
import type { UpsertBatch } from './upsert.ts'

/** What one `open` returns: its own life, on a database it may share with others. */
export class DatabaseHandle implements Database {
  readonly name: string
  readonly #database: LocalDatabase
  readonly #release: (handle: DatabaseHandle) => Promise<void>
  readonly #calls: Calls
  readonly #collections = new WeakMap<LocalCollection, CollectionHandle>()
  #closing: Promise<void> | undefined

  constructor(database: LocalDatabase, release: (handle: DatabaseHandle) => Promise<void>) {
    this.name = database.name
    this.#database = database
    this.#release = release
    this.#calls = new Calls(`Database "${database.name}"`)
  }

  async collection<const F extends Fields = NoFields>(
    name: string,
    options?: CollectionOptions<F>,
  ): Promise<Collection<F>> {
    const handle = await this.localCollection(name, options)
    return handle as Collection<Fields> as unknown as Collection<F>
  }

  /** The same handle for the same collection, as long as both are open. */
  async localCollection(
    name: string,
    options?: CollectionOptions<Fields>,
  ): Promise<CollectionHandle> {
    const collection = await this.#calls.run(() => this.#database.collection(name, options))
    let handle = this.#collections.get(collection)
    if (!handle) {
      handle = new CollectionHandle(collection, this.#calls)
      this.#collections.set(collection, handle)
    }
    if (options?.embedder) handle.embedder = options.embedder
    return handle
  }

  collections(): Promise<string[]> {
    return this.#calls.run(() => this.#database.collections())
  }

  deleteCollection(name: string): Promise<void> {
    return this.#calls.run(() => this.#database.deleteCollection(name))
  }

  stats(): Promise<DatabaseStats> {
    return this.#calls.run(() => this.#database.stats())
  }

  get status(): DatabaseStatus {
    return this.#database.status
  }

  on<E extends keyof DatabaseEvents>(
    event: E,
    listener: (detail: DatabaseEvents[E]) => void,
  ): () => void {
    return this.#database.events.on(event, listener)
  }

  /** Calls `listener` when the status has changed without an event. */
  onChange(listener: () => void): () => void {
    return this.#database.events.on('change', listener)
  }

  requestPersistence(): Promise<boolean> {
    return this.#calls.run(requestPersistence)
  }

  export(options?: CallOptions): Promise<Blob> {
    return this.#calls.run(() => this.#database.export(options))
  }

  close(): Promise<void> {
    this.#closing ??= this.#calls.close().then(() => this.#release(this))
    return this.#closing
  }
}

/** A collection seen through one database handle; it closes with it. */
export class CollectionHandle implements Collection<Fields> {
  readonly name: string
  /** Tells this collection from one of the same name that was deleted. */
  readonly number: number
  embedder: Embedder | undefined
  readonly #collection: LocalCollection
  readonly #calls: Calls

  constructor(collection: LocalCollection, calls: Calls) {
    this.name = collection.name
    this.number = collection.number
    this.#collection = collection
    this.#calls = calls
  }

  upsert(
    records: RecordInput<Fields> | readonly RecordInput<Fields>[],
    options?: CallOptions,
  ): Promise<UpsertResult>
  upsert(ids: readonly string[], matrix: Float32Array, options?: CallOptions): Promise<UpsertResult>
  upsert(
    records: RecordInput<Fields> | readonly (RecordInput<Fields> | string)[],
    second?: Float32Array | CallOptions,
    third?: CallOptions,
  ): Promise<UpsertResult> {
    const { embedder } = this
    return this.#calls.run(() =>
      second instanceof Float32Array
        ? this.#collection.upsert(records as [], second, { ...third, embedder })
        : this.#collection.upsert(records as [], { ...second, embedder }),
    )
  }

  /** A write filled piece by piece; see `UpsertBatch`. */
  batch(): Promise<UpsertBatch> {
    return this.#calls.run(() => Promise.resolve(this.#collection.batch()))
  }

  commit(batch: UpsertBatch, options?: CallOptions): Promise<UpsertResult> {
    return this.#calls.run(() => batch.commit({ ...options, embedder: this.embedder }))
  }

  get(id: string): Promise<StoredRecord<Fields> | undefined> {
    return this.#calls.run(() => this.#collection.get(id))
  }

  update(id: string, patch: RecordPatch<Fields>, options?: CallOptions): Promise<void> {
    return this.#calls.run(() =>
      this.#collection.update(id, patch, { ...options, embedder: this.embedder }),
    )
  }

  delete(target: string | readonly string[] | { readonly where: Filter }): Promise<number> {
    return this.#calls.run(() => this.#collection.delete(target))
  }

  count(where?: Filter): Promise<number> {
    return this.#calls.run(() => this.#collection.count(where))
  }

  search<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options?: SearchOptions<Fields, I>,
  ): Promise<Hits<Fields, I>> {
    return this.#calls.run(() => this.#collection.search(query, options, this))
  }

  searchMany<const I extends Include = 'record' | 'distance'>(
    queries: readonly Query[],
    options?: SearchOptions<Fields, I>,
  ): Promise<Hits<Fields, I>[]> {
    return this.#calls.run(() => this.#collection.searchMany(queries, options, this))
  }

  stats(): Promise<CollectionStats> {
    return this.#calls.run(() => this.#collection.stats())
  }

  verify(options?: VerifyOptions): Promise<Verification> {
    return this.#calls.run(() => this.#collection.verify(options))
  }
}
