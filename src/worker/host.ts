import { proxy, releaseProxy, type Remote } from 'comlink'
import type { DatabaseStatus, OpenOptions, Query } from '../contract/api.ts'
import type { Embedder, EmbedderRecipe } from '../contract/embedder.ts'
import { QuiverError } from '../contract/errors.ts'
import type {
  DatabaseEvent,
  EmbedderFacts,
  RemoteBatch,
  RemoteCollection,
  RemoteDatabase,
  RemoteEmbed,
  RemoteHost,
  RemoteListener,
  RemoteLiveListener,
  RemoteSearchOptions,
} from '../contract/protocol.ts'
import { staticModel } from '../embed/static/index.ts'
import { answerWith, callWith, postError } from '../platform/wire.ts'
import { SharedBatch, type SharedCollection, type SharedDatabase } from '../tabs/handles.ts'
import { deleteDatabase, importDatabase, openDatabase } from '../tabs/index.ts'
import type { LiveReceiver } from '../tabs/live.ts'

/** The worker's side of the wall: opens databases and hands out proxies of them. */
export const host: RemoteHost = {
  life: () => life,
  async open(name: string, options: OpenOptions): Promise<RemoteDatabase> {
    return proxy(remoteDatabase(await openDatabase(name, options)))
  },
  deleteDatabase,
  importDatabase: (name, blob, options, call) =>
    answerWith(call, (given) => importDatabase(name, blob, { ...options, ...given })),
}

const life = holdLife()

async function holdLife(): Promise<string | undefined> {
  const locks = (navigator as Partial<Navigator>).locks
  if (!locks) return undefined
  const name = `quiver-worker:${crypto.randomUUID()}`
  return new Promise((held) => {
    const keep = (): Promise<never> => {
      held(name)
      return new Promise(() => undefined)
    }
    locks.request(name, keep).catch(() => {
      held(undefined)
    })
  })
}

function remoteDatabase(database: SharedDatabase): RemoteDatabase {
  const watchers: Remote<RemoteListener>[] = []
  return {
    async collection(name, options, embedder, embed): Promise<RemoteCollection> {
      const all = embedder ? { ...options, embedder: toEmbedder(embedder, embed) } : options
      return proxy(remoteCollection(await database.sharedCollection(name, all)))
    },
    collections: () => database.collections(),
    deleteCollection: (name) => database.deleteCollection(name),
    stats: () => database.stats(),
    async watch(listener) {
      watchers.push(listener as Remote<RemoteListener>)
      return watch(database, listener)
    },
    export: (call) => answerWith(call, (options) => database.export(options)),
    member: async () => database.member.id,
    pause: async () => {
      database.member.pause()
    },
    resume: async () => {
      database.member.resume()
    },
    async close() {
      await database.close()
      for (const watcher of watchers.splice(0)) watcher[releaseProxy]()
    },
  }
}

const EVENTS = ['role', 'quota', 'evicted', 'blocked', 'damage'] as const

/** For as long as the database is open. */
function watch(database: SharedDatabase, listener: RemoteListener): DatabaseStatus {
  for (const type of EVENTS) {
    database.on(type, (detail) => {
      listener(database.status, { type, detail } as DatabaseEvent)
    })
  }
  database.onChange(() => {
    listener(database.status, undefined)
  })
  return database.status
}

function remoteCollection(collection: SharedCollection): RemoteCollection {
  return {
    number: collection.number,
    upsert: (records, call) =>
      answerWith(call, (options) => collection.upsert(records as [], options)),
    upsertMatrix: (ids, matrix, call) =>
      answerWith(call, (options) => collection.upsert(ids as [], matrix, options)),
    batch: async () => proxy(remoteBatch(collection)),
    get: (id) => collection.get(id),
    update: (id, patch, call) =>
      answerWith(call, (options) => collection.update(id, patch, options)),
    delete: (target) => collection.delete(target),
    count: (where) => collection.count(where),
    searchMany: (queries, options, call) =>
      answerWith(call, (given) => collection.foundMany(queries, options, given)),
    live: (query, options, listener, call) =>
      answerWith(call, ({ signal }) => keepLive(collection, query, options, listener, signal)),
    stats: () => collection.stats(),
    verify: (sample, call) =>
      answerWith(call, (options) => collection.verify({ ...options, sample })),
  }
}

async function keepLive(
  collection: SharedCollection,
  query: Query,
  options: RemoteSearchOptions,
  listener: RemoteLiveListener,
  signal: AbortSignal | undefined,
): Promise<void> {
  const page = listener as Remote<RemoteLiveListener>
  const receive: LiveReceiver = (answer) =>
    page(answer instanceof QuiverError ? { error: postError(answer) } : answer)
  try {
    await collection.keepSearching(query, options, receive, signal ? [signal] : [])
  } finally {
    page[releaseProxy]()
  }
}

function remoteBatch(collection: SharedCollection): RemoteBatch {
  const batch = new SharedBatch()
  return {
    addRecords: async (records) => {
      batch.addRecords(records)
    },

    addMatrix: async (ids, matrix) => {
      batch.addMatrix(ids, matrix)
    },
    commit: (call) => answerWith(call, (options) => collection.commit(batch, options)),
  }
}

/** Made here where there is a recipe, else living on the page and called through its port. */
function toEmbedder(embedder: EmbedderRecipe | EmbedderFacts, embed: RemoteEmbed): Embedder {
  if ('type' in embedder) return staticModel({ modelUrl: embedder.modelUrl })
  return {
    ...embedder,
    embed: (texts, { role, signal }) => callWith({ signal }, (port) => embed(texts, role, port)),
  }
}
