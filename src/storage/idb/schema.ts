/**
 * The stores of one database, IndexedDB version 1. Values are bytes that can tell whether they are whole:
 *
 * ```
 * meta      'header', 'header-copy' -> header  codec/header.ts; the same twice, since all depends on it
 *           'spare' -> random bytes          spare.ts
 * log       seq -> log record                  codec/log-record.ts
 * claims    epoch -> seq of its claim          codec/claim.ts
 * manifest  generation -> manifest             codec/manifest.ts
 * segments  [generation, path, n] -> chunk     raw bytes; length and checksum are in the manifest
 * ```
 *
 * A generation is numbered by the last log record at the time its fold began. Two writers never share such a number, since
 * a claim lies between them; so one that was deposed can leave garbage, but never overwrite what its successor wrote.
 */
import type { DBSchema, IDBPDatabase } from 'idb'
import type { ChunkKey } from '../references.ts'

export interface StorageSchema extends DBSchema {
  meta: { key: string; value: Uint8Array }
  log: { key: number; value: Uint8Array }
  claims: { key: number; value: number | Uint8Array }
  manifest: { key: number; value: Uint8Array }
  segments: { key: ChunkKey; value: Uint8Array }
}

export type StoreName = 'meta' | 'log' | 'claims' | 'manifest' | 'segments'
export type StorageDatabase = IDBPDatabase<StorageSchema>
export type Durability = 'strict' | 'relaxed'

export const SCHEMA_VERSION = 1
export const STORES: readonly StoreName[] = ['meta', 'log', 'claims', 'manifest', 'segments']
export const SPARE_KEY = 'spare'
export const HEADER_KEYS = ['header', 'header-copy'] as const

/** The most bytes one write transaction of a fold, or one group of operations, is made of. */
export const TRANSACTION_BYTES = 16 * 2 ** 20
/** The most bytes of an operation in one log record. */
export const RECORD_BYTES = 4 * 2 ** 20

export function databaseName(name: string): string {
  return `quiver:${name}`
}
