/** All that IndexedDB holds of a database, as a value: to be put back, as it was or damaged, under another name. */
import { deleteDB, openDB } from 'idb'

export interface Entry {
  readonly store: string
  readonly key: IDBValidKey
  readonly value: unknown
}

export interface Stored {
  readonly version: number
  readonly stores: readonly string[]
  readonly entries: readonly Entry[]
}

/** The names of all databases. WebKit goes on to list one whose making was aborted, with version 0. */
export async function storedNames(): Promise<(string | undefined)[]> {
  const databases = await indexedDB.databases()
  return databases.filter(({ version }) => version !== 0).map(({ name }) => name)
}

export async function readStored(name: string): Promise<Stored> {
  const db = await openDB(`quiver:${name}`)
  const stores = [...db.objectStoreNames]
  const entries: Entry[] = []
  for (const store of stores) {
    const keys = await db.getAllKeys(store)
    const values: unknown[] = await db.getAll(store)
    for (const [i, key] of keys.entries()) entries.push({ store, key, value: values[i] })
  }
  const { version } = db
  db.close()
  return { version, stores, entries }
}

/** Whatever was stored under that name is gone. */
export async function writeStored(
  name: string,
  { version, stores, entries }: Stored,
): Promise<void> {
  await deleteDB(`quiver:${name}`)
  const db = await openDB(`quiver:${name}`, version, {
    upgrade: (upgraded) => {
      for (const store of stores) upgraded.createObjectStore(store)
    },
  })
  const transaction = db.transaction(stores, 'readwrite')
  for (const { store, key, value } of entries) void transaction.objectStore(store).put(value, key)
  await transaction.done
  db.close()
}
