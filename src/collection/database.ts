import type { CollectionOptions, CollectionStats, DatabaseStats } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { Fields } from '../contract/fields.ts'
import { QuiverError } from '../contract/errors.ts'
import { staticModel } from '../embed/static/index.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { LocalCollection, type Surroundings } from './collection.ts'
import { CommitQueue } from './commit-queue.ts'
import { type CollectionConfig, createConfig, mergeConfig, validateName } from './config.ts'
import { Folding, rebuild } from './folding.ts'
import { recover, type Recovered } from './recover.ts'
import { CollectionState } from './state.ts'

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
  #nextNumber: number
  #closed: Promise<void> | undefined

  /** Reads back what is stored. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
  static async open(name: string, engine: Engine, storage: Storage): Promise<LocalDatabase> {
    const recovered = await recover(engine, storage)
    return new LocalDatabase(name, engine, storage, recovered)
  }

  private constructor(name: string, engine: Engine, storage: Storage, recovered: Recovered) {
    this.name = name
    this.#storage = storage
    this.#nextNumber = recovered.nextNumber
    this.#queue = new CommitQueue(storage, recovered.lastSeq)
    const changed = (): void => {
      this.#folding.changed()
    }
    this.#surroundings = { engine, storage, queue: this.#queue, changed }
    this.#folding = new Folding(storage, this.#queue, () => this.#contents())
    for (const { number, state, saved } of recovered.collections) {
      const embedder = embedderFor(state.config, undefined)
      const collection = new LocalCollection(number, state, embedder, this.#surroundings, saved)
      this.#collections.set(collection.name, collection)
    }
    this.#folding.begin()
  }

  /** @throws QuiverError `OPTIONS_MISMATCH`, `EMBEDDER_MISMATCH`, `INVALID_OPTION`, `CLOSED` */
  async collection(
    name: string,
    options: CollectionOptions<Fields> = {},
  ): Promise<LocalCollection> {
    this.#requireOpen()
    validateName('collection', name)
    return this.#openOrCreate(name, options)
  }

  async collections(): Promise<string[]> {
    this.#requireOpen()
    return [...this.#collections.keys()]
  }

  async deleteCollection(name: string): Promise<void> {
    this.#requireOpen()
    validateName('collection', name)
    const dropped = await this.#queue.write({
      sharing: 'alone',
      prepare: () => {
        const collection = this.#collections.get(name)
        return collection ? [{ type: 'drop', collection: collection.number }] : []
      },
      apply: () => {
        const collection = this.#collections.get(name)
        this.#collections.delete(name)
        return collection
      },
    })
    await dropped?.close()
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

  /** Lets changes that were asked for finish, then gives memory and storage back. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#folding.stop()
    for (const collection of this.#collections.values()) await collection.close()
    await this.#queue.exclusive(() => undefined)
    await this.#storage.close()
  }

  async #openOrCreate(name: string, options: CollectionOptions<Fields>): Promise<LocalCollection> {
    // Not held to the queue while nothing changes: opening as stored is the common case.
    const known = this.#collections.get(name)
    if (!known) {
      const config = createConfig(name, options)
      await this.#create(config, options.embedder)
      const created = this.#collections.get(name)
      if (created) return created
      throw new QuiverError('CLOSED', `Collection "${name}" was deleted while it was opened.`)
    }
    const config = mergeConfig(known.config, options)
    if (options.embedder) known.useEmbedder(options.embedder)
    if (JSON.stringify(config) !== JSON.stringify(known.config)) {
      await this.#reconfigure(known, config)
    }
    return known
  }

  async #create(config: CollectionConfig, embedder: Embedder | undefined): Promise<void> {
    await this.#queue.write({
      sharing: 'alone',
      prepare: () =>
        this.#collections.has(config.name)
          ? []
          : [{ type: 'create', collection: this.#nextNumber, config }],
      apply: () => {
        if (this.#collections.has(config.name)) return
        const state = new CollectionState(this.#surroundings.engine, config)
        const made = new LocalCollection(
          this.#nextNumber++,
          state,
          embedderFor(config, embedder),
          this.#surroundings,
        )
        this.#collections.set(config.name, made)
      },
    })
    this.#folding.changed()
  }

  /** New fields are filled and other codes made by writing the collection anew; another graph is built in the background. */
  async #reconfigure(collection: LocalCollection, config: CollectionConfig): Promise<void> {
    const { fields, quantization } = collection.config
    const sameRows =
      Object.keys(fields).length === Object.keys(config.fields).length &&
      quantization === config.quantization
    const operation = { type: 'configure', collection: collection.number, config } as const
    await collection.write({
      sharing: 'alone',
      prepare: () => [operation],
      apply: () => {
        if (sameRows) collection.state.apply(operation)
      },
    })
    if (!sameRows) await this.#queue.exclusive(() => rebuild(collection, config))
    this.#folding.changed()
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

/** Made once: its table serves every collection of the thread. It reads its file at the first use. */
const shipped = staticModel()

/** The stored name is the shipped model's: then it needs not be given again. */
function embedderFor(config: CollectionConfig, given: Embedder | undefined): Embedder | undefined {
  if (given) return given
  return config.embedder === undefined || config.embedder === shipped.id ? shipped : undefined
}

async function estimateOrigin(kind: Storage['kind']): Promise<StorageEstimate | undefined> {
  if (kind === 'memory') return undefined
  // Absent on insecure origins, whatever the types say.
  const storage = globalThis.navigator.storage as StorageManager | undefined
  return storage?.estimate()
}
