/**
 * Reads, all requests of one issued, and committed, in one task: a tab that is stopped before it heard the answers would else
 * keep every other tab from writing, for as long as it is stopped. Not through idb: it makes a promise for the end of every transaction, and
 * where a read fails nobody holds that promise when it rejects too.
 */
import { unwrap } from 'idb'
import { isLostValue } from './errors.ts'
import type { StorageDatabase, StoreName } from './schema.ts'

type Requests<T extends readonly unknown[]> = { readonly [K in keyof T]: IDBRequest<T[K]> }

/** The answers to the requests that `issue` makes in one transaction. */
export async function read<T extends readonly unknown[]>(
  db: StorageDatabase,
  stores: readonly StoreName[],
  issue: (store: (name: StoreName) => IDBObjectStore) => Requests<T>,
): Promise<T> {
  const transaction = unwrap(db).transaction(stores, 'readonly')
  const requests = issue((name) => transaction.objectStore(name))
  transaction.commit()
  const answers: unknown = await Promise.all(requests.map(answerTo))
  return answers as T
}

/** The value under `key`; `undefined` where there is none, or where the browser kept the key and lost the value. */
export async function readValue(
  db: StorageDatabase,
  store: StoreName,
  key: IDBValidKey,
): Promise<unknown> {
  try {
    const [value] = await read<[unknown]>(db, [store], (open) => [open(store).get(key)])
    return value
  } catch (error) {
    if (isLostValue(error)) return undefined
    throw error
  }
}

function answerTo<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => {
      resolve(request.result)
    })
    request.addEventListener('error', () => {
      reject(request.error ?? new DOMException('The browser gave up.', 'AbortError'))
    })
  })
}
