import { proxy, type Remote, transfer } from 'comlink'
import type {
  CallOptions,
  Collection,
  CollectionOptions,
  Database,
  DatabaseEvents,
  DatabaseStats,
  DatabaseStatus,
} from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { Embedder, EmbedderRecipe } from '../contract/embedder.ts'
import type { Fields, NoFields } from '../contract/fields.ts'
import type {
  DatabaseEvent,
  EmbedderFacts,
  RemoteCollection,
  RemoteDatabase,
  RemoteEmbed,
} from '../contract/protocol.ts'
import { Calls } from '../platform/calls.ts'
import { callEmbedder } from '../platform/call-embedder.ts'
import { Listeners } from '../platform/listeners.ts'
import { requireOptions } from '../platform/options.ts'
import { requestPersistence } from '../platform/persistence.ts'
import { answerWith, callWith } from '../platform/wire.ts'
import { ClientCollection } from './collection.ts'
import type { Connection } from './connection.ts'
import { keepPulse } from './pulse.ts'

/** A database as the page sees it. */
export class ClientDatabase implements Database {
  readonly name: string
  readonly #remote: Remote<RemoteDatabase>
  readonly #connection: Connection
  readonly #calls: Calls
  /** By number: the same handle for the same collection. */
  readonly #collections = new Map<number, ClientCollection>()
  readonly #listeners = new Listeners<DatabaseEvents>()
  /** Set before anybody gets the database. */
  #status: DatabaseStatus | undefined
  #endPulse: (() => void) | undefined
  #closing: Promise<void> | undefined

  static async watching(
    name: string,
    remote: Remote<RemoteDatabase>,
    connection: Connection,
  ): Promise<ClientDatabase> {
    const database = new ClientDatabase(name, remote, connection)
    const listener = proxy((status: DatabaseStatus, event: DatabaseEvent | undefined) => {
      database.#heard(status, event)
    })
    const [status, member] = await Promise.all([remote.watch(listener), remote.member()])
    // What was heard meanwhile is newer.
    database.#status ??= status
    if (status.role !== 'alone') database.#endPulse = keepPulse(name, member, remote)
    return database
  }

  private constructor(name: string, remote: Remote<RemoteDatabase>, connection: Connection) {
    this.name = name
    this.#remote = remote
    this.#connection = connection
    this.#calls = new Calls(`Database "${name}"`)
  }

  async collection<const F extends Fields = NoFields>(
    name: string,
    options: CollectionOptions<F> = {},
  ): Promise<Collection<F>> {
    requireOptions('collection', options)
    const { embedder, ...posted } = options
    const remote = await this.#run(() =>
      this.#remote.collection(name, posted, factsOf(embedder), proxy(embedOf(embedder))),
    )
    const collection = await this.#sameHandle(name, remote as unknown as Remote<RemoteCollection>)
    return collection as Collection<Fields> as unknown as Collection<F>
  }

  collections(): Promise<string[]> {
    return this.#run(() => this.#remote.collections())
  }

  deleteCollection(name: string): Promise<void> {
    return this.#run(() => this.#remote.deleteCollection(name))
  }

  stats(): Promise<DatabaseStats> {
    return this.#run(() => this.#remote.stats())
  }

  get status(): DatabaseStatus {
    return this.#status!
  }

  on<E extends keyof DatabaseEvents>(
    event: E,
    listener: (detail: DatabaseEvents[E]) => void,
  ): () => void {
    return this.#listeners.on(event, listener)
  }

  /** Asked here: only a page may show the question. */
  requestPersistence(): Promise<boolean> {
    return this.#run(requestPersistence)
  }

  async export(options: CallOptions = {}): Promise<Blob> {
    requireOptions('export', options)
    return this.#run(() => callWith(options, (port) => this.#remote.export(port)))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#calls.close()
    this.#endPulse?.()
    // A worker that died has nothing left to close.
    try {
      if (!this.#connection.failed) await this.#connection.run(() => this.#remote.close())
    } finally {
      this.#connection.databaseClosed()
    }
  }

  #heard(status: DatabaseStatus, event: DatabaseEvent | undefined): void {
    this.#status = status
    if (event) this.#listeners.emit(event.type, event.detail)
  }

  #run<T>(call: () => Promise<T>): Promise<T> {
    return this.#calls.run(() => this.#connection.run(call))
  }

  async #sameHandle(name: string, remote: Remote<RemoteCollection>): Promise<ClientCollection> {
    const number = await this.#run(() => remote.number)
    let handle = this.#collections.get(number)
    if (!handle) {
      handle = new ClientCollection(
        name,
        remote,
        (call) => this.#run(call),
        (signals, call) =>
          this.#calls.runUntilClosed(signals, (signal) => this.#connection.run(() => call(signal))),
      )
      this.#collections.set(number, handle)
    }
    return handle
  }
}

/** A recipe where the worker can make the embedder itself; else what it must know of one that stays on the page. */
function factsOf(embedder: Embedder | undefined): EmbedderRecipe | EmbedderFacts | undefined {
  if (!embedder || embedder.recipe) return embedder?.recipe
  const { id, dimension, maxTokens } = embedder
  return { id, dimension, maxTokens }
}

/** The embedder's own function, called by the worker through a port. */
function embedOf(embedder: Embedder | undefined): RemoteEmbed {
  return (texts, role, port) =>
    answerWith(port, async ({ signal }) => {
      if (!embedder) throw new QuiverError('NO_EMBEDDER', 'There is no embedder on the page.')
      // A copy is sent: the vectors may be the embedder's own, kept in a cache.
      const matrix = (await callEmbedder(embedder, texts, { role, signal })).slice()
      return transfer(matrix, [matrix.buffer])
    })
}
