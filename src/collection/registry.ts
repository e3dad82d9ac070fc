import type { OpenOptions } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import { loadWasmEngine } from '../engine/wasm/index.ts'
import { requireOptions } from '../platform/options.ts'
import { deleteIdbStorage, openIdbStorage, requireIdbKey } from '../storage/idb/index.ts'
import type { Storage } from '../storage/index.ts'
import { openMemoryStorage } from '../storage/memory.ts'
import { requireOneOf, validateName } from './config.ts'
import { LocalDatabase } from './database.ts'
import { DatabaseHandle } from './handles.ts'

export type StorageKind = Storage['kind']

interface OpenDatabase {
  readonly database: Promise<LocalDatabase>
  readonly handles: Set<DatabaseHandle>
  /** Handles open or being opened. */
  users: number
}

/** The databases open on this thread, by kind and name; handles of one name share one. */
const databases = new Map<string, OpenDatabase>()

/** Databases that are being closed: whoever opens one of them again waits. */
const closing = new Map<string, Promise<void>>()

/** Where it is to be kept. @throws QuiverError `INVALID_OPTION`, `UNSUPPORTED`, `GPU_UNAVAILABLE` */
export function checkOpen(name: string, options: OpenOptions): StorageKind {
  validateName('database', name)
  requireOptions('open', options)
  const kind = storageKind(options)
  requireOneOf('durability', options.durability ?? 'strict', ['strict', 'relaxed'])
  requireOneOf('threads', options.threads ?? 'auto', ['auto', 'off'])
  requireOneOf('gpu', options.gpu ?? 'auto', ['auto', 'off', 'require'])
  if (options.gpu === 'require') {
    throw new QuiverError('GPU_UNAVAILABLE', "This version computes on the CPU; use gpu: 'auto'.")
  }
  requireOptions('encryption', options.encryption)
  return kind
}

/**
 * Whether the options of one who joins a database that is open elsewhere would open it.
 * @throws QuiverError `WRONG_KEY`
 */
export async function checkKey(name: string, { encryption }: OpenOptions): Promise<void> {
  await requireIdbKey(name, encryption)
}

/**
 * Opens a database as its only owner.
 * @param lock `steal`: from a tab that does not answer
 * @throws QuiverError `NOT_LEADER`, `CLOSED`, `CORRUPT`, `NEWER_FORMAT`, ... and as `checkOpen`
 */
export async function openDatabase(
  name: string,
  options: OpenOptions = {},
  lock: 'wait' | 'steal' = 'wait',
): Promise<DatabaseHandle> {
  const kind = checkOpen(name, options)
  const key = `${kind}:${name}`
  await dropFailed(key)
  while (closing.has(key)) await closing.get(key)
  if (kind === 'indexeddb' && databases.has(key)) await checkKey(name, options)
  const entry = databases.get(key) ?? start(key, () => openLocal(name, kind, options, lock))
  entry.users++
  const database = await entry.database
  const handle = new DatabaseHandle(database, (closed) => release(key, entry, closed))
  entry.handles.add(handle)
  return handle
}

/** Deletes a database for good; one that is not there is no error. Open handles then answer `CLOSED`. */
export async function deleteDatabase(name: string): Promise<void> {
  validateName('database', name)
  for (const kind of ['memory', 'indexeddb'] as const) {
    const handles = databases.get(`${kind}:${name}`)?.handles ?? []
    await Promise.all([...handles].map((handle) => handle.close()))
    await dropUnused(name, kind)
  }
  if (hasIndexedDb()) await deleteIdbStorage(name)
}

/** Takes in a database in memory that nobody has opened yet; it goes with the last handle, as any other. */
export function adopt(name: string, database: LocalDatabase): void {
  databases.set(`memory:${name}`, {
    database: Promise.resolve(database),
    handles: new Set(),
    users: 0,
  })
}

/** The database of that name, if it is open on this thread. */
export async function findOpen(
  name: string,
  kind: StorageKind,
): Promise<LocalDatabase | undefined> {
  const key = `${kind}:${name}`
  await dropFailed(key)
  return databases.get(key)?.database
}

/** Lets go of an adopted database that was never opened, and waits until any other is closed. */
export async function dropUnused(name: string, kind: StorageKind): Promise<void> {
  const key = `${kind}:${name}`
  const entry = databases.get(key)
  if (entry?.users === 0) {
    databases.delete(key)
    await (await entry.database).close()
  }
  await closing.get(key)
}

/** A database that was deleted or taken over elsewhere answers no more; opening it again starts anew. */
async function dropFailed(key: string): Promise<void> {
  const entry = databases.get(key)
  const database = await entry?.database.catch(() => undefined)
  if (entry && database?.failure && databases.get(key) === entry) {
    databases.delete(key)
    await database.close()
  }
}

function start(key: string, open: () => Promise<LocalDatabase>): OpenDatabase {
  const database = open()
  const entry = { database, handles: new Set<DatabaseHandle>(), users: 0 }
  databases.set(key, entry)
  database.catch(() => {
    if (databases.get(key) === entry) databases.delete(key)
  })
  return entry
}

async function openLocal(
  name: string,
  kind: StorageKind,
  options: OpenOptions,
  lock: 'wait' | 'steal',
): Promise<LocalDatabase> {
  // Neither waits for the other: compiling and opening go on at once.
  const loading = engine(options)
  loading.catch(() => undefined)
  const storage =
    kind === 'memory'
      ? await openMemoryStorage(name, 'dropped')
      : await openIdbStorage(name, {
          durability: options.durability ?? 'strict',
          encryption: options.encryption,
          lock,
        })
  try {
    return await LocalDatabase.open(name, await loading, storage)
  } catch (error) {
    await storage.close()
    throw error
  }
}

async function release(key: string, entry: OpenDatabase, handle: DatabaseHandle): Promise<void> {
  entry.handles.delete(handle)
  entry.users--
  if (entry.users > 0 || databases.get(key) !== entry) return
  databases.delete(key)
  const closed = entry.database.then((database) => database.close())
  closing.set(key, closed)
  try {
    await closed
  } finally {
    closing.delete(key)
  }
}

let loadedEngine: Promise<Engine> | undefined

/** One engine serves every database of the thread. A failed load is tried again at the next open. */
export function engine({
  wasmUrl,
  threads,
}: Pick<OpenOptions, 'wasmUrl' | 'threads'>): Promise<Engine> {
  if (loadedEngine) return loadedEngine
  const loading = loadWasmEngine({ wasmUrl, threads })
  loadedEngine = loading
  loading.catch(() => {
    loadedEngine = undefined
  })
  return loading
}

export function storageKind({ storage }: Pick<OpenOptions, 'storage'>): StorageKind {
  if (storage === undefined) return hasIndexedDb() ? 'indexeddb' : 'memory'
  requireOneOf('storage', storage, ['memory', 'indexeddb'])
  if (storage === 'indexeddb' && !hasIndexedDb()) {
    throw new QuiverError(
      'UNSUPPORTED',
      "There is no IndexedDB here; use storage: 'memory', which lasts as long as the handle.",
    )
  }
  return storage
}

function hasIndexedDb(): boolean {
  return typeof indexedDB !== 'undefined'
}
