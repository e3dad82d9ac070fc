import type {
  CallOptions,
  CollectionOptions,
  CollectionStats,
  Damage,
  DatabaseEvents,
  DatabaseStats,
  DatabaseStatus,
} from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import { Listeners } from '../platform/listeners.ts'
import { requireOptions } from '../platform/options.ts'
import type { Storage, StorageDamage, StorageEvent } from '../storage/index.ts'
import type { Operation } from '../storage/operations.ts'
import type { CallContext } from './call-context.ts'
import { LocalCollection, type Surroundings } from './collection.ts'
import { CommitQueue } from './commit-queue.ts'
import { type CollectionConfig, createConfig, mergeConfig, validateName } from './config.ts'
import { Folding } from './folding.ts'
import { NOTHING, type Outcomes } from './outcomes.ts'
import { rebuild } from './rebuild.ts'
import { recover, type Recovered } from './recover.ts'
import { CollectionState } from './state.ts'
import { exportDatabase } from './transfer/export.ts'

/** `change`: the status has changed without any other event; `written`: to the collection of this number. */
type InternalEvents = DatabaseEvents & { change: undefined; written: number }

/**
 * The database itself, on the thread it lives on: its collections by name, the one queue for changes, and the folding of
 * its log. Handles share it (see `registry.ts`).
 */
export class LocalDatabase {
  readonly name: string
  readonly #storage: Storage
  readonly #queue: CommitQueue
  readonly #folding: Folding
  readonly #surroundings: Surroundings
  readonly #collections = new Map<string, LocalCollection>()
  readonly #listeners = new Listeners<InternalEvents>()
  readonly #damage: Damage[]
  #nextNumber: number
  #closed: Promise<void> | undefined

  /**
   * Reads back what is stored.
   * @param imported what is read already, for a storage that keeps nothing
   * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`
   */
  static async open(
    name: string,
    engine: Engine,
    storage: Storage,
    imported?: Recovered,
  ): Promise<LocalDatabase> {
    return new LocalDatabase(
      name,
      engine,
      storage,
      imported ?? (await recover(engine, storage, 'mending')),
    )
  }

  private constructor(name: string, engine: Engine, storage: Storage, recovered: Recovered) {
    this.name = name
    this.#storage = storage
    this.#nextNumber = recovered.nextNumber
    this.#queue = new CommitQueue(storage, recovered.lastSeq, recovered.outcomes)
    const changed = (): void => {
      this.#folding.changed()
    }
    const loaded = (damage: readonly Damage[]): void => {
      for (const each of damage) this.#damaged(each)
      this.#listeners.emit('change', undefined)
    }
    const written = (collection: number): void => {
      this.#listeners.emit('written', collection)
    }
    this.#surroundings = { engine, storage, queue: this.#queue, changed, written, loaded }
    this.#folding = new Folding(storage, this.#queue, () => this.#contents())
    for (const each of recovered.collections) {
      const collection = new LocalCollection(each, this.#surroundings)
      this.#collections.set(collection.name, collection)
    }
    this.#damage = [...storage.damage.map(toDamage), ...recovered.damage]
    storage.subscribe((event) => {
      this.#heard(event)
    })
    this.#folding.changed()
  }

  /** @throws QuiverError `OPTIONS_MISMATCH`, `EMBEDDER_MISMATCH`, `INVALID_OPTION`, `CLOSED` */
  async collection(
    name: string,
    options: CollectionOptions<Fields> = {},
  ): Promise<LocalCollection> {
    this.#requireOpen()
    validateName('collection', name)
    requireOptions('collection', options)
    return this.#openOrCreate(name, options)
  }

  /** The collection that was opened under this number. @throws QuiverError `CLOSED` where it was deleted */
  opened(name: string, number: number): LocalCollection {
    this.#requireOpen()
    const collection = this.#collections.get(name)
    if (collection?.number === number) return collection
    throw new QuiverError(
      'CLOSED',
      `Collection "${name}" was deleted. Open it again with db.collection().`,
    )
  }

  /** To be asked after a pause of the whole thread. @throws QuiverError `NOT_LEADER` where another has taken over */
  confirm(): Promise<void> {
    return this.#storage.confirm()
  }

  /** What calls did that may be sent again. */
  get outcomes(): Outcomes {
    return this.#queue.outcomes
  }

  async collections(): Promise<string[]> {
    this.#requireOpen()
    return [...this.#collections.keys()]
  }

  async deleteCollection(name: string, { call }: CallContext = {}): Promise<void> {
    this.#requireOpen()
    validateName('collection', name)
    const dropped = await this.#queue.write({
      call,
      sharing: 'alone',
      prepare: () => {
        const collection = this.#collections.get(name)
        return collection ? [{ type: 'drop', collection: collection.number }] : []
      },
      apply: () => {
        const collection = this.#collections.get(name)
        this.#collections.delete(name)
        // At once: writes that already wait in the queue must be refused, not acknowledged and lost.
        collection?.markClosed()
        this.#queue.outcomes.keep(call, NOTHING)
        return collection
      },
    })
    if (dropped) this.#listeners.emit('written', dropped.number)
    await dropped?.stop()
    await this.#queue.exclusive(() => dropped?.free())
    this.#folding.changed()
  }

  async stats(): Promise<DatabaseStats> {
    this.#requireOpen()
    const collections: [string, CollectionStats][] = []
    for (const [name, collection] of this.#collections) {
      collections.push([name, await collection.stats()])
    }
    const estimate = await estimateOrigin(this.#storage.kind)
    return {
      name: this.name,
      storage: this.#storage.kind,
      collections: Object.fromEntries(collections),
      bytes: {
        stored: await this.#storage.usage(),
        quota: estimate?.quota,
        used: estimate?.usage,
      },
    }
  }

  /** `role` and `reason` are for whoever knows other tabs to say. */
  get status(): DatabaseStatus {
    const { kind, writable } = this.#storage
    return {
      storage: kind,
      reason: undefined,
      role: kind === 'memory' ? 'alone' : 'leader',
      writable,
      loading: [...this.#collections.values()].some(({ state }) => state.isLoading),
      damage: [...this.#damage],
    }
  }

  get events(): Pick<Listeners<InternalEvents>, 'on'> {
    return this.#listeners
  }

  async export(options: CallOptions = {}): Promise<Blob> {
    this.#requireOpen()
    requireOptions('export', options)
    return exportDatabase(this.#storage, this.#queue, () => this.#contents(), options)
  }

  /** Lets changes that were asked for finish, then gives memory and storage back. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#folding.stop()
    try {
      await this.#stopCollections()
      // Those as well that were made meanwhile; what waits in the queue after this is refused.
      await this.#queue.exclusive(() => {
        for (const collection of this.#collections.values()) collection.markClosed()
      })
      await this.#stopCollections()
      for (const collection of this.#collections.values()) collection.free()
    } finally {
      await this.#storage.close()
    }
  }

  async #stopCollections(): Promise<void> {
    await Promise.all(Array.from(this.#collections.values(), (collection) => collection.stop()))
  }

  async #openOrCreate(name: string, options: CollectionOptions<Fields>): Promise<LocalCollection> {
    if (!this.#collections.has(name)) await this.#create(createConfig(name, options))
    const collection = this.#collections.get(name)
    if (!collection) {
      throw new QuiverError('CLOSED', `Collection "${name}" was deleted while it was opened.`)
    }
    const same =
      JSON.stringify(mergeConfig(collection.config, options)) === JSON.stringify(collection.config)
    if (!same) await this.#reconfigure(collection, options)
    return collection
  }

  async #create(config: CollectionConfig): Promise<void> {
    const isNew = (): boolean => !this.#collections.has(config.name)
    await this.#queue.write({
      sharing: 'alone',
      prepare: () =>
        isNew() ? [{ type: 'create', collection: this.#nextNumber, config } as const] : [],
      apply: () => {
        if (!isNew()) return
        const state = new CollectionState(this.#surroundings.engine, config)
        const number = this.#nextNumber++
        const fresh = { number, state, saved: undefined, isRewritten: false }
        const made = new LocalCollection(fresh, this.#surroundings)
        this.#collections.set(config.name, made)
      },
    })
    this.#folding.changed()
  }

  /**
   * New fields are filled and other codes made by writing the collection anew; another graph is built in the background.
   * The config is merged in the queue's turn: what it was before may have changed meanwhile. Where there is no room for the
   * new collection beside the old one, it stays as it was.
   */
  async #reconfigure(
    collection: LocalCollection,
    options: CollectionOptions<Fields>,
  ): Promise<void> {
    let before = collection.config
    const failure = await this.#configure(collection, () => {
      before = collection.config
      return mergeConfig(before, options)
    })
    if (!failure) return
    await this.#configure(collection, () => before)
    throw failure
  }

  /** Answers why the collection could not be written anew, if so: then it has the new config beside its old parts. */
  #configure(
    collection: LocalCollection,
    next: () => CollectionConfig,
  ): Promise<QuiverError | undefined> {
    let operations: readonly Operation[] = []
    return collection.write({
      sharing: 'alone',
      prepare: () => {
        operations = [{ type: 'configure', collection: collection.number, config: next() }]
        return operations
      },
      apply: async () => {
        for (const operation of operations) collection.state.apply(operation)
        if (!collection.state.isStale) return undefined
        return rebuild(collection).then(() => undefined, toQuiverError)
      },
    })
  }

  #heard(event: StorageEvent): void {
    if (event.type === 'quota') this.#listeners.emit('quota', { writable: event.writable })
    else if (event.type === 'evicted') this.#listeners.emit('evicted', undefined)
    else if (event.type === 'blocked') this.#listeners.emit('blocked', { by: event.by })
    else if (event.type === 'damage') this.#damaged(toDamage(event.damage))
  }

  #damaged(damage: Damage): void {
    this.#damage.push(damage)
    this.#listeners.emit('damage', damage)
  }

  #contents(): { collections: readonly LocalCollection[]; nextNumber: number } {
    return { collections: [...this.#collections.values()], nextNumber: this.#nextNumber }
  }

  /** Why it can no longer be used although nobody closed it: deleted in another tab, taken over. */
  get failure(): QuiverError | undefined {
    return this.#storage.failure
  }

  #requireOpen(): void {
    if (this.failure && !this.#closed) throw this.failure
    if (!this.#closed) return
    throw new QuiverError('CLOSED', `Database "${this.name}" is closed. Open it again with open().`)
  }
}

function toDamage({ part, message, lost }: StorageDamage): Damage {
  return { part, collection: undefined, message, lost: { count: lost, ids: [] } }
}

async function estimateOrigin(kind: Storage['kind']): Promise<StorageEstimate | undefined> {
  if (kind === 'memory') return undefined
  // Absent on insecure origins, whatever the types say.
  const storage = globalThis.navigator.storage as StorageManager | undefined
  return storage?.estimate().catch(() => undefined)
}
