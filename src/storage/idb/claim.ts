/** Taking over the log, and knowing how long it is. */
import type { Checksum } from '../codec/checksum.ts'
import {
  decodeLogRecord,
  encodeLogRecord,
  LogKind,
  type LogRecord,
  marker,
} from '../codec/log-record.ts'
import { isLostConnection } from './errors.ts'
import type { StorageDatabase } from './schema.ts'

/** A writer's hold on the log. */
export interface Claim {
  readonly epoch: number
  readonly claims: readonly number[]
  readonly last: number
  readonly position: number
}

/**
 * Takes over the log: adds a record of the next epoch, durable before anything else is written.
 * @param generation the newest one: should the log be gone, numbering goes on from there and no number comes twice
 */
export async function claimLog(
  db: StorageDatabase,
  checksum: Checksum,
  generation: number,
  position: number,
): Promise<Claim> {
  const transaction = db.transaction(['log', 'claims'], 'readwrite', { durability: 'strict' })
  const log = transaction.objectStore('log')
  const claims = transaction.objectStore('claims')
  const [newest, epochs, seqs] = await Promise.all([
    log.openKeyCursor(null, 'prev'),
    claims.getAllKeys(),
    claims.getAll(),
  ])
  const seq = Math.max(newest?.key ?? 0, generation) + 1
  const epoch = (epochs.at(-1) ?? 0) + 1
  const record: LogRecord = { ...marker(LogKind.claim), epoch, seq, position }
  const bytes = encodeLogRecord(record, checksum)
  await Promise.all([log.add(bytes, seq), claims.add(seq, epoch), transaction.done])
  return { epoch, claims: [...seqs, seq], last: seq, position: position + bytes.byteLength }
}

/** The claim of one who only reads: none. */
export async function followLog(db: StorageDatabase, position: number): Promise<Claim> {
  const newest = await db.transaction('log').store.openKeyCursor(null, 'prev')
  return { epoch: 0, claims: [], last: newest?.key ?? 0, position }
}

/** Where the log ends, in bytes; `fallback` where its newest record cannot say. */
export async function logPosition(
  db: StorageDatabase,
  checksum: Checksum,
  fallback: number,
): Promise<number> {
  const newest = await db.transaction('log').store.openKeyCursor(null, 'prev')
  return newest ? endPosition(db, newest.key, checksum, fallback) : fallback
}

/** Bytes of the log up to and with record `seq`; `fallback` where that record cannot say. */
export async function endPosition(
  db: StorageDatabase,
  seq: number,
  checksum: Checksum,
  fallback: number,
): Promise<number> {
  try {
    const bytes = await db.get('log', seq)
    return decodeLogRecord(bytes, seq, checksum).position + (bytes?.byteLength ?? 0)
  } catch (error) {
    if (isLostConnection(error)) throw error
    return fallback
  }
}
