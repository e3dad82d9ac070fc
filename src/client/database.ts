import { proxy, type Remote, transfer } from 'comlink'
import type { Collection, CollectionOptions, Database, DatabaseStats } from '../contract/api.ts'
import type { Embedder, EmbedderRecipe } from '../contract/embedder.ts'
import type { Fields, NoFields } from '../contract/fields.ts'
import type { RemoteCollection, RemoteDatabase, RemoteEmbedder } from '../contract/protocol.ts'
import { answerWith } from '../platform/wire.ts'
import { ClientCollection } from './collection.ts'
import type { Connection } from './connection.ts'

/** A database as the page sees it. */
export class ClientDatabase implements Database {
  readonly name: string
  readonly #remote: Remote<RemoteDatabase>
  readonly #connection: Connection
  readonly #collections = new Map<string, ClientCollection>()
  #closing: Promise<void> | undefined

  constructor(name: string, remote: Remote<RemoteDatabase>, connection: Connection) {
    this.name = name
    this.#remote = remote
    this.#connection = connection
    connection.databaseOpened()
  }

  async collection<const F extends Fields = NoFields>(
    name: string,
    options: CollectionOptions<F> = {},
  ): Promise<Collection<F>> {
    const { embedder, ...posted } = options
    const remote = await this.#connection.run(() =>
      this.#remote.collection(name, posted, embedder && toRemote(embedder)),
    )
    const collection = this.#sameHandle(name, remote as unknown as Remote<RemoteCollection>)
    return collection as Collection<Fields> as unknown as Collection<F>
  }

  collections(): Promise<string[]> {
    return this.#connection.run(() => this.#remote.collections())
  }

  async deleteCollection(name: string): Promise<void> {
    await this.#connection.run(() => this.#remote.deleteCollection(name))
    this.#collections.delete(name)
  }

  stats(): Promise<DatabaseStats> {
    return this.#connection.run(() => this.#remote.stats())
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // A worker that died has nothing left to close.
    if (!this.#connection.failed) await this.#connection.run(() => this.#remote.close())
    this.#connection.databaseClosed()
  }

  #sameHandle(name: string, remote: Remote<RemoteCollection>): ClientCollection {
    const known = this.#collections.get(name)
    if (known) return known
    const made = new ClientCollection(name, remote, this.#connection)
    this.#collections.set(name, made)
    return made
  }
}

/** Without a recipe the embedder stays on the page; the worker gets its facts and a port to call it through. */
function toRemote(embedder: Embedder): RemoteEmbedder | EmbedderRecipe {
  const { id, dimension, maxTokens, recipe } = embedder
  if (recipe) return recipe
  const embed: RemoteEmbedder['embed'] = (texts, role, port) =>
    answerWith(port, async ({ signal }) => {
      const matrix = await embedder.embed(texts, { role, signal })
      return transfer(matrix, [matrix.buffer])
    })
  return { id, dimension, maxTokens, embed: proxy(embed) }
}
