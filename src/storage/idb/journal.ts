/**
 * Has Chromium begin a new journal.
 *
 * Chromium keeps the IndexedDB of an origin in LevelDB, and goes on writing to the journal that it finds at its start. Where it was
 * killed in the middle of a write, that journal ends in a torn record. What is written behind that is lost at the next start,
 * though it was acknowledged; or all databases of the origin are, since Chromium takes the tear for damage and deletes them.
 * (Seen in Chromium 156 about once in fifty kills while writing; test/e2e/torn-journal.test.ts tears a journal so.)
 *
 * LevelDB begins another journal once it holds 4 MiB in memory, and copies what it held into a table: then the torn one counts
 * no more. Before it begins the next but one it waits for that; so it is made to begin two.
 */
import type { Connection } from './connection.ts'
import { transact } from './transaction.ts'

/** Together more than LevelDB holds in memory. Chromium keeps values of 64 KiB and more elsewhere. */
const PIECES = 68
const PIECE_BYTES = 63_000

/** With less than this, it is left to what is to be kept. */
const LEAST_ROOM = 16 * PIECES * PIECE_BYTES

/** Once a thread: as long as that lives, the browser was not started anew. */
let renewed = false

/** To be awaited before anything is written. Where it fails, as for want of room, the next open tries again. */
export async function renewJournal(connection: Connection): Promise<void> {
  if (renewed || !mayBeLevelDb() || !(await hasRoom())) return
  const piece = new Uint8Array(PIECE_BYTES)
  const keys = Array.from({ length: PIECES }, (_, n) => `journal ${String(n)}`)
  const forAll = (change: (meta: IDBObjectStore, key: string) => void): Promise<void> =>
    connection.use((db) =>
      transact(db, ['meta'], 'relaxed', (store) => {
        for (const key of keys) change(store('meta'), key)
      }),
    )
  try {
    for (let journals = 0; journals < 2; journals++) {
      await forAll((meta, key) => meta.put(piece, key))
    }
    renewed = true
    await forAll((meta, key) => meta.delete(key))
  } catch {
    // What is wrong will be told by who needs it to work.
  }
}

function mayBeLevelDb(): boolean {
  return /Chrom(e|ium)\//.test(navigator.userAgent)
}

async function hasRoom(): Promise<boolean> {
  // Not there on pages that are not served securely, whatever the types say.
  const storage = navigator.storage as StorageManager | undefined
  const { usage = 0, quota = 0 } = (await storage?.estimate().catch(() => undefined)) ?? {}
  return quota - usage > LEAST_ROOM
}
