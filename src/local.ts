import type { Database, OpenOptions } from './contract/api.ts'
import { openDatabase } from './collection/registry.ts'

/**
 * Opens a database on the calling thread: for Node, your own worker, and tests. A page wants `open` from `quiverdb`,
 * which keeps all work off its thread.
 *
 * @example const db = await open('bench', { storage: 'memory' })
 */
export function open(name: string, options?: OpenOptions): Promise<Database> {
  return openDatabase(name, options)
}

export { deleteDatabase } from './collection/registry.ts'
export { QuiverError, type QuiverErrorCode } from './contract/errors.ts'
export type * from './contract/api.ts'
export type * from './contract/embedder.ts'
export type * from './contract/fields.ts'
