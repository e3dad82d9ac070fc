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
import type { Fields, NoFields, Where } from '../contract/fields.ts'
import type { LiveQuery } from '../contract/live.ts'
import type { RemoteHits, RemoteSearchOptions } from '../contract/protocol.ts'
import type { BatchPart, CollectionRef, TabCalls, TabMethod } from '../contract/tabs.ts'
import { QuiverError } from '../contract/errors.ts'
import { Calls } from '../platform/calls.ts'
import { LiveStore } from '../platform/live-store.ts'
import { requireOptions } from '../platform/options.ts'
import { requestPersistence } from '../platform/persistence.ts'
import { embeddingOnce, keepSearching, type LiveReceiver, type LiveSearch } from './live.ts'
import type { Member } from './member.ts'

/** What one `open` answers: its own life, on a database it may share with others here and in other tabs. */
export class SharedDatabase implements Database {
  readonly name: string
  readonly member: Member
  readonly #embedders: Map<number, Embedder>
  readonly #release: () => Promise<void>
  readonly #calls: Calls
  readonly #collections = new Map<number, SharedCollection>()
  /** What takes the listeners off that were given to this handle. */
  readonly #listening = new Set<() => void>()
  #closing: Promise<void> | undefined

  /** `embedders`: what was given for which collection, on this thread. */
  constructor(
    name: string,
    member: Member,
    embedders: Map<number, Embedder>,
    release: () => Promise<void>,
  ) {
    this.name = name
    this.member = member
    this.#embedders = embedders
    this.#release = release
    this.#calls = new Calls(`Database "${name}"`)
  }

  async collection<const F extends Fields = NoFields>(
    name: string,
    options?: CollectionOptions<F>,
  ): Promise<Collection<F>> {
    const handle = await this.sharedCollection(name, options)
    return handle as Collection<Fields> as unknown as Collection<F>
  }

  /** The same handle for the same collection, as long as both are open. */
  async sharedCollection(
    name: string,
    options: CollectionOptions<Fields> = {},
  ): Promise<SharedCollection> {
    return this.#calls.run(async () => {
      requireOptions('collection', options)
      const { embedder, ...posted } = options
      const number = await this.member.ask('open', [name, posted], {}, embedder)
      if (embedder) this.#embedders.set(number, embedder)
      let handle = this.#collections.get(number)
      if (!handle) {
        handle = new SharedCollection({ name, number }, this.member, this.#calls, this.#embedders)
        this.#collections.set(number, handle)
      }
      return handle
    })
  }

  collections(): Promise<string[]> {
    return this.#ask('collections', [])
  }

  deleteCollection(name: string): Promise<void> {
    return this.#ask('deleteCollection', [name])
  }

  stats(): Promise<DatabaseStats> {
    return this.#ask('stats', [])
  }

  get status(): DatabaseStatus {
    return this.member.status
  }

  on<E extends keyof DatabaseEvents>(
    event: E,
    listener: (detail: DatabaseEvents[E]) => void,
  ): () => void {
    return this.#listen(() => this.member.events.on(event, listener))
  }

  /** Calls `listener` when the status has changed without an event. */
  onChange(listener: () => void): () => void {
    return this.#listen(() => this.member.events.on('change', listener))
  }

  requestPersistence(): Promise<boolean> {
    return this.#calls.run(requestPersistence)
  }

  async export(options: CallOptions = {}): Promise<Blob> {
    requireOptions('export', options)
    return this.#ask('export', [], options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#calls.close()
    for (const unlisten of this.#listening) unlisten()
    await this.#release()
  }

  /** `on`: answers what takes the listener off. */
  #listen(on: () => () => void): () => void {
    const off = on()
    const unlisten = (): void => {
      this.#listening.delete(unlisten)
      off()
    }
    this.#listening.add(unlisten)
    return unlisten
  }

  #ask<M extends TabMethod>(
    method: M,
    args: Parameters<TabCalls[M]>,
    options?: CallOptions,
  ): Promise<ReturnType<TabCalls[M]>> {
    return this.#calls.run(() => this.member.ask(method, args, options))
  }
}

/** A large write while it comes in, piece by piece. */
export class SharedBatch {
  readonly parts: BatchPart[] = []

  addRecords(records: readonly unknown[]): void {
    this.parts.push({ records })
  }

  addMatrix(ids: readonly unknown[], matrix: Float32Array): void {
    this.parts.push({ ids, matrix })
  }
}

/** A collection seen through one database handle; it closes with it. */
export class SharedCollection implements Collection<Fields> {
  readonly name: string
  /** Tells this collection from one of the same name that was deleted. */
  readonly number: number
  readonly #ref: CollectionRef
  readonly #member: Member
  readonly #calls: Calls
  readonly #embedders: ReadonlyMap<number, Embedder>

  constructor(
    ref: CollectionRef,
    member: Member,
    calls: Calls,
    embedders: ReadonlyMap<number, Embedder>,
  ) {
    this.name = ref.name
    this.number = ref.number
    this.#ref = ref
    this.#member = member
    this.#calls = calls
    this.#embedders = embedders
  }

  upsert(
    records: RecordInput<Fields> | readonly RecordInput<Fields>[],
    options?: CallOptions,
  ): Promise<UpsertResult>
  upsert(ids: readonly string[], matrix: Float32Array, options?: CallOptions): Promise<UpsertResult>
  async upsert(
    first: RecordInput<Fields> | readonly (RecordInput<Fields> | string)[],
    second?: Float32Array | CallOptions,
    third?: CallOptions,
  ): Promise<UpsertResult> {
    const batch = new SharedBatch()
    if (second instanceof Float32Array) {
      batch.addMatrix(first as readonly string[], second)
      return this.commit(batch, third)
    }
    batch.addRecords(Array.isArray(first) ? first : [first])
    return this.commit(batch, second)
  }

  async commit({ parts }: SharedBatch, options?: CallOptions): Promise<UpsertResult> {
    requireOptions('upsert', options)
    if (parts.length === 0) return { inserted: 0, updated: 0 }
    return this.#ask('upsert', [this.#ref, parts], options)
  }

  get(id: string): Promise<StoredRecord<Fields> | undefined> {
    return this.#ask('get', [this.#ref, id])
  }

  async update(id: string, patch: RecordPatch<Fields>, options?: CallOptions): Promise<void> {
    requireOptions('update', options)
    await this.#ask('update', [this.#ref, id, patch], options)
  }

  delete(target: string | readonly string[] | { readonly where: Where }): Promise<number> {
    return this.#ask('delete', [this.#ref, target])
  }

  count(where?: Where): Promise<number> {
    return this.#ask('count', [this.#ref, where])
  }

  async search<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options?: SearchOptions<Fields, I>,
  ): Promise<Hits<Fields, I>> {
    const [hits] = await this.searchMany([query], options)
    if (!hits) throw new QuiverError('INTERNAL', 'A search came back without an answer.')
    return hits
  }

  async searchMany<const I extends Include = 'record' | 'distance'>(
    queries: readonly Query[],
    options: SearchOptions<Fields, I> = {},
  ): Promise<Hits<Fields, I>[]> {
    requireOptions('search', options)
    const { signal, ...posted } = options
    const found = await this.foundMany(queries, posted, { signal })
    return found.map(
      ({ hits, info }) =>
        Object.defineProperty(hits, 'info', { value: info }) as unknown as Hits<Fields, I>,
    )
  }

  /** The same for one who is going to post it. */
  foundMany(
    queries: readonly Query[],
    options: RemoteSearchOptions,
    call: CallOptions,
  ): Promise<RemoteHits[]> {
    return this.#ask('searchMany', [this.#ref, queries, options], call)
  }

  live<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options: SearchOptions<Fields, I> = {},
  ): LiveQuery<Fields, I> {
    requireOptions('live', options)
    const { signal: given, ...posted } = options
    const live = new LiveStore((answered, stopped) => {
      const signals = given ? [stopped, given] : [stopped]
      const receive: LiveReceiver = async (answer) => {
        answered(answer)
      }
      return this.keepSearching(query, posted, receive, signals)
    })
    return live as LiveQuery<Fields> as LiveQuery<Fields, I>
  }

  /** A live query while it runs. @throws QuiverError what ends it */
  keepSearching(
    query: Query,
    options: RemoteSearchOptions,
    receive: LiveReceiver,
    signals: readonly AbortSignal[],
  ): Promise<void> {
    const embedder = embeddingOnce(this.#embedders.get(this.number))
    return this.#calls.runUntilClosed(signals, (signal) => {
      const search: LiveSearch = {
        search: (known) => {
          const args = [this.#ref, query, options, known] as const
          return this.#member.ask('searchAgain', [...args], { signal }, embedder)
        },
        onWritten: (listener) =>
          this.#member.events.on('written', (numbers = [this.number]) => {
            if (numbers.includes(this.number)) listener()
          }),
      }
      return keepSearching(search, receive, signal)
    })
  }

  stats(): Promise<CollectionStats> {
    return this.#ask('collectionStats', [this.#ref])
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    requireOptions('verify', options)
    const { sample, ...call } = options
    return this.#ask('verify', [this.#ref, sample], call)
  }

  #ask<M extends TabMethod>(
    method: M,
    args: Parameters<TabCalls[M]>,
    options?: CallOptions,
  ): Promise<ReturnType<TabCalls[M]>> {
    return this.#calls.run(() =>
      this.#member.ask(method, args, options, this.#embedders.get(this.number)),
    )
  }
}
