/** For tests that look under the storage, at IndexedDB itself. */
import { openDB } from 'idb'
import { openIdbStorage } from '../../src/storage/idb/index.ts'
import type { StorageDatabase, StoreName } from '../../src/storage/idb/schema.ts'
import type { ChunkRef, Storage } from '../../src/storage/index.ts'
import { bytesOf, replayed } from './storage.ts'

export function freshName(): string {
  return `naïve/“☃” ../${crypto.randomUUID()}`
}

export function open(name: string): Promise<Storage> {
  return openIdbStorage(name, { durability: 'strict' })
}

/** Through a connection that knows nothing of Quiver's rules. */
export async function raw<T>(name: string, work: (db: StorageDatabase) => Promise<T>): Promise<T> {
  const db: StorageDatabase = await openDB(`quiver:${name}`)
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

/** An opening that has the handle and waits, until `finish` is called, for the key that is made of its passphrase. */
export async function heldBackOpening(
  name: string,
): Promise<{ opening: Promise<Storage>; finish: () => void }> {
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  let begin = (): void => undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const encryption = { key: 'a passphrase' }
  await (await openIdbStorage(name, { durability: 'strict', encryption })).close()
  replaceMethod(crypto.subtle, 'deriveKey', (original, restore) => async (...args) => {
    restore()
    begin()
    await finished
    return original.apply(crypto.subtle, args)
  })
  const opening = openIdbStorage(name, { durability: 'strict', encryption })
  opening.catch(() => undefined)
  await begun
  return { opening, finish }
}

/** Changes a bit of a stored value; `at`, from 0 to below 1, says how far into it. */
export async function flipBit(
  name: string,
  store: StoreName,
  key: IDBValidKey,
  at = 0.5,
): Promise<void> {
  await raw(name, async (db) => {
    const bytes = await db.get(store, key as never)
    if (!(bytes instanceof Uint8Array))
      throw new Error(`nothing is stored under ${JSON.stringify(key)}`)
    const bit = Math.floor(at * bytes.byteLength * 8)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    await db.put(store, bytes, key as never)
  })
}

/** The operations after `after`, as texts. */
export async function texts(storage: Storage, after: number): Promise<string[]> {
  const operations = await replayed(storage, after)
  return operations.map(([, bytes]) => new TextDecoder().decode(bytes))
}

/** A fold of one chunk. */
export async function foldOf(storage: Storage, text: string, foldedSeq: number): Promise<ChunkRef> {
  const fold = storage.beginFold()
  const ref = await fold.write('x', 0, bytesOf(text))
  await fold.commit({ foldedSeq, chunks: [ref], body: text })
  return ref
}

/** Without locks a second writer gets in, as after a stolen lock. */
export async function withoutLocks<T>(work: () => Promise<T>): Promise<T> {
  const locks = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks')
  if (!locks) throw new Error('no Web Locks here')
  Object.defineProperty(Navigator.prototype, 'locks', { configurable: true, value: undefined })
  try {
    return await work()
  } finally {
    Object.defineProperty(Navigator.prototype, 'locks', locks)
  }
}

/** Puts another method in the place of one; returns what puts it back. */
export function replaceMethod<T extends object, K extends keyof T>(
  target: T,
  key: K,
  make: (original: T[K], restore: () => void) => T[K],
): () => void {
  const original = target[key]
  const restore = () => {
    target[key] = original
  }
  target[key] = make(original, restore)
  return restore
}
