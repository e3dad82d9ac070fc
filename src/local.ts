import type { Database, ImportOptions, OpenOptions } from './contract/api.ts'
import {
  deleteDatabase as deleteHere,
  importDatabase as importHere,
  openDatabase,
} from './tabs/index.ts'

/**
 * Opens a database on the calling thread: for Node, your own worker, and tests. A page wants `open` from `quiverdb`,
 * which keeps all work off its thread.
 *
 * @example const db = await open('bench', { storage: 'memory' })
 */
export function open(name: string, options?: OpenOptions): Promise<Database> {
  return openDatabase(name, options)
}

/** Deletes a database for good; one that is not there is no error. Open handles then answer `CLOSED`. */
export function deleteDatabase(name: string): Promise<void> {
  return deleteHere(name)
}

/** Makes a database of a file that `db.export()` answered: all of it, or nothing. */
export function importDatabase(name: string, blob: Blob, options?: ImportOptions): Promise<void> {
  return importHere(name, blob, options)
}

export { QuiverError, type QuiverErrorCode } from './contract/errors.ts'
export type * from './contract/api.ts'
export type * from './contract/embedder.ts'
export type * from './contract/fields.ts'
export type * from './contract/live.ts'
