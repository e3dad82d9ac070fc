/** Opening and making the IndexedDB database itself, and reading its header. */
import { openDB, unwrap } from 'idb'
import { QuiverError } from '../../contract/errors.ts'
import type { Checksum } from '../codec/checksum.ts'
import { decodeHeaders, encodeHeader, type Header, type StoredHeader } from '../codec/header.ts'
import { errorName, toStorageError } from './errors.ts'
import { readValue } from './read.ts'
import {
  databaseName,
  HEADER_KEYS,
  SCHEMA_VERSION,
  STORES,
  type StorageDatabase,
  type StorageSchema,
} from './schema.ts'

/** How long an open waits: behind a deletion that another tab does not let happen it would wait without end. */
const PATIENCE_MS = 10_000

/** The database as it is; `undefined` where there is none, and none is made. */
export async function openExisting(name: string): Promise<StorageDatabase | undefined> {
  const found = { isNew: false }
  try {
    return await open(name, (_db, transaction) => {
      found.isNew = true
      transaction.abort()
    })
  } catch (error) {
    if (found.isNew) return undefined
    throw error
  }
}

/** Whether there is a database of that name; none is made. */
export async function isStored(name: string): Promise<boolean> {
  try {
    const db = await openExisting(name)
    db?.close()
    return db !== undefined
  } catch (error) {
    throw toStorageError(error, name)
  }
}

/** The database, made with this header unless somebody else has just made it. */
export async function createDatabase(
  name: string,
  header: Header,
  checksum: Checksum,
): Promise<StorageDatabase> {
  const bytes = encodeHeader(header, checksum)
  let failure: unknown
  try {
    return await open(name, (db, transaction) => {
      for (const store of STORES) db.createObjectStore(store)
      for (const key of HEADER_KEYS) {
        const request = transaction.objectStore('meta').add(bytes, key)
        request.addEventListener('error', () => (failure ??= request.error))
      }
    })
  } catch (error) {
    // A failed upgrade says only that it was aborted.
    throw failure ?? error
  }
}

/** @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export async function readHeader(db: StorageDatabase, checksum: Checksum): Promise<StoredHeader> {
  try {
    const values = await Promise.all(HEADER_KEYS.map((key) => readValue(db, 'meta', key)))
    return decodeHeaders(values, checksum)
  } catch (error) {
    if (errorName(error) !== 'NotFoundError') throw error
    throw new QuiverError('CORRUPT', `The database "${db.name}" is not one that Quiver made.`)
  }
}

async function open(
  name: string,
  make: (db: IDBDatabase, transaction: IDBTransaction) => void,
): Promise<StorageDatabase> {
  if (typeof indexedDB === 'undefined') {
    throw new QuiverError(
      'UNSUPPORTED',
      "There is no IndexedDB here. Open with { storage: 'memory' }.",
    )
  }
  const opening = openDB<StorageSchema>(databaseName(name), SCHEMA_VERSION, {
    upgrade(db, _oldVersion, _newVersion, transaction) {
      // It rejects beside the opening, which says as much.
      transaction.done.catch(() => undefined)
      make(unwrap(db), unwrap(transaction))
    },
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(heldUp(name))
    }, PATIENCE_MS)
  })
  try {
    const db = await Promise.race([opening, late])
    // From now on, whatever else is awaited: a handle that stays open holds the other tab up.
    db.addEventListener('versionchange', () => {
      db.close()
    })
    return db
  } catch (error) {
    // Should it be opened after all, nobody waits for it any more.
    opening.then(
      (db) => {
        db.close()
      },
      () => undefined,
    )
    if (errorName(error) === 'InvalidStateError') throw unavailable(error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** What Firefox says of IndexedDB in a private window, where it has none. */
function unavailable(cause: unknown): QuiverError {
  return new QuiverError(
    'UNSUPPORTED',
    "The browser keeps no data here, as in some private windows. Open with { storage: 'memory' }.",
    { cause },
  )
}

function heldUp(name: string): QuiverError {
  return new QuiverError(
    'CLOSED',
    `The database "${name}" is being deleted or upgraded, and another tab does not let go of it. Close that tab and open it again.`,
  )
}
