/**
 * One write transaction whose requests are all issued, and committed, in one task. A transaction left open over an
 * `await` would block every other tab for as long as this one is frozen.
 */
import { unwrap } from 'idb'
import type { Durability, StorageDatabase, StoreName } from './schema.ts'

/** Resolves on `complete`; rejects on `abort`, with the reason, when nothing of it was stored. */
export function transact(
  db: StorageDatabase,
  stores: readonly StoreName[],
  durability: Durability,
  issue: (store: (name: StoreName) => IDBObjectStore) => void,
): Promise<void> {
  // Not through idb: its `done` rejects on the first `error`, before the reason is known and the transaction over.
  const transaction = unwrap(db).transaction(stores, 'readwrite', { durability })
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => {
      resolve()
    })
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('The browser gave up.', 'AbortError'))
    })
    try {
      issue((name) => transaction.objectStore(name))
      transaction.commit()
    } catch (error) {
      transaction.abort()
      throw error
    }
  })
}
