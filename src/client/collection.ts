import { proxy, type Remote, releaseProxy } from 'comlink'
import type {
  CallOptions,
  Collection,
  CollectionStats,
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
import type { Fields, Where } from '../contract/fields.ts'
import type { LiveQuery } from '../contract/live.ts'
import type {
  RemoteBatch,
  RemoteCollection,
  RemoteHits,
  RemoteLiveListener,
  RemoteSearchOptions,
} from '../contract/protocol.ts'
import { QuiverError } from '../contract/errors.ts'
import { LiveStore } from '../platform/live-store.ts'
import { requireOptions } from '../platform/options.ts'
import { callWith, receivedError } from '../platform/wire.ts'
import { postSlices, sliceMatrix, sliceRecords } from '../platform/slices.ts'

/** Runs a call through the database's handle and its connection, which both may end it. */
type Run = <T>(call: () => Promise<T>) => Promise<T>

/** The same for a call that lasts; closing the database ends it at once. */
type RunUntilClosed = <T>(
  signals: readonly AbortSignal[],
  call: (signal: AbortSignal) => Promise<T>,
) => Promise<T>

/** A collection as the page sees it: every call is posted to the worker, nothing is kept here. */
export class ClientCollection implements Collection<Fields> {
  readonly name: string
  readonly #remote: Remote<RemoteCollection>
  readonly #run: Run
  readonly #runUntilClosed: RunUntilClosed

  constructor(
    name: string,
    remote: Remote<RemoteCollection>,
    run: Run,
    runUntilClosed: RunUntilClosed,
  ) {
    this.name = name
    this.#remote = remote
    this.#run = run
    this.#runUntilClosed = runUntilClosed
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
    if (second instanceof Float32Array) {
      requireOptions('upsert', third)
      return this.#upsertMatrix(first as readonly string[], second, third ?? {})
    }
    requireOptions('upsert', second)
    const records: readonly unknown[] = Array.isArray(first) ? first : [first]
    return this.#upsertRecords(records, second ?? {})
  }

  get(id: string): Promise<StoredRecord<Fields> | undefined> {
    return this.#run(() => this.#remote.get(id))
  }

  async update(id: string, patch: RecordPatch<Fields>, options: CallOptions = {}): Promise<void> {
    requireOptions('update', options)
    await this.#call(options, (port) => this.#remote.update(id, patch, port))
  }

  delete(target: string | readonly string[] | { readonly where: Where }): Promise<number> {
    return this.#run(() => this.#remote.delete(target))
  }

  count(where?: Where): Promise<number> {
    return this.#run(() => this.#remote.count(where))
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
    const answers = await this.#call({ signal: options.signal }, (port) =>
      this.#remote.searchMany(queries, postable(options), port),
    )
    return answers.map((answer) => toHits(answer) as Hits<Fields, I>)
  }

  live<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options: SearchOptions<Fields, I> = {},
  ): LiveQuery<Fields, I> {
    requireOptions('live', options)
    const live = new LiveStore((answered, stopped) => {
      const listener = proxy<RemoteLiveListener>((answer) => {
        answered('error' in answer ? receivedError(answer.error) : answer)
      })
      const signals = options.signal ? [stopped, options.signal] : [stopped]
      return this.#runUntilClosed(signals, (signal) =>
        callWith({ signal }, (port) => this.#remote.live(query, postable(options), listener, port)),
      )
    })
    return live as LiveQuery<Fields> as LiveQuery<Fields, I>
  }

  stats(): Promise<CollectionStats> {
    return this.#run(() => this.#remote.stats())
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    requireOptions('verify', options)
    return this.#call(options, (port) => this.#remote.verify(options.sample, port))
  }

  #upsertRecords(records: readonly unknown[], options: CallOptions): Promise<UpsertResult> {
    const slices = sliceRecords(records)
    const first = slices.next()
    if (first.done || first.value.length === records.length) {
      return this.#call(options, (port) => this.#remote.upsert(records, port))
    }
    return this.#run(async () => {
      const batch = await this.#batch()
      try {
        await batch.addRecords(first.value)
        await postSlices(slices, (slice) => batch.addRecords(slice), options.signal)
        return await callWith(options, (port) => batch.commit(port))
      } finally {
        batch[releaseProxy]()
      }
    })
  }

  #upsertMatrix(
    ids: readonly string[],
    matrix: Float32Array,
    options: CallOptions,
  ): Promise<UpsertResult> {
    const whole = Number.isInteger(matrix.length / ids.length)
    if (!whole || matrix.length === 0) {
      return this.#call(options, (port) => this.#remote.upsertMatrix(ids, matrix, port))
    }
    return this.#run(async () => {
      const batch = await this.#batch()
      try {
        const slices = sliceMatrix(ids, matrix)
        await postSlices(slices, ({ ids, rows }) => batch.addMatrix(ids, rows), options.signal)
        return await callWith(options, (port) => batch.commit(port))
      } finally {
        batch[releaseProxy]()
      }
    })
  }

  /**
   * To be released by its user in a `finally`: that frees what the worker holds, and keeps the proxy alive until then. One that
   * is collected as garbage closes its port, and the answer of a commit under way is lost.
   */
  async #batch(): Promise<Remote<RemoteBatch>> {
    return (await this.#remote.batch()) as unknown as Remote<RemoteBatch>
  }

  #call<T>(options: CallOptions, call: (port: MessagePort | undefined) => Promise<T>): Promise<T> {
    return this.#run(() => callWith(options, call))
  }
}

/** The options that are for the worker. */
function postable({
  k,
  ef,
  targetRecall,
  radius,
  mode,
  where,
  include,
  minScore,
}: SearchOptions<Fields>): RemoteSearchOptions {
  return { k, ef, targetRecall, radius, mode, where, include, minScore }
}

function toHits({ hits, info }: RemoteHits): Hits<Fields, Include> {
  return Object.defineProperty(hits, 'info', { value: info }) as unknown as Hits<Fields, Include>
}
