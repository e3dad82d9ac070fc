/**
 * Taking over the log, and knowing how long it is.
 *
 * All that a writer must know is read first, the newest key of the log before anything else, and then its claim is added
 * under the next key. Where that key was free nobody has written since, and what was read still holds; where it was taken,
 * all is read again. So nothing is awaited inside the transaction that writes (a tab frozen there would block the others),
 * nothing is written before it is known that this version may, and no one decides what to drop by manifests that have been
 * replaced meanwhile.
 */
import { QuiverError } from '../../contract/errors.ts'
import { decodeClaim, encodeClaim } from '../codec/claim.ts'
import { encodeHeader, raised } from '../codec/header.ts'
import {
  decodeIfWhole,
  encodeLogRecord,
  LogKind,
  type LogRecord,
  recordBytes,
} from '../codec/log-record.ts'
import type { Connection } from './connection.ts'
import { outcomeOf } from './outcome.ts'
import { read, readValue } from './read.ts'
import { HEADER_KEYS } from './schema.ts'
import { transact } from './transaction.ts'

/** Where the log ends, and who wrote it. */
export interface LogEnd {
  /** Sequence number of the newest record. */
  readonly last: number
  /** Bytes of all records ever written. */
  readonly position: number
  /** The newest one. */
  readonly epoch: number
  /** Sequence numbers of the claims by epoch, ascending. */
  readonly claims: ReadonlyMap<number, number>
  /** Epochs whose claim had to be looked for in the log, and where it is. */
  readonly mended: ReadonlyMap<number, number>
}

/** @throws QuiverError `NEWER_FORMAT` */
export async function readLogEnd(connection: Connection): Promise<LogEnd> {
  const [newest, epochs, values] = await connection.use((db) =>
    read<[IDBCursor | null, IDBValidKey[], unknown[]]>(db, ['log', 'claims'], (store) => [
      store('log').openKeyCursor(null, 'prev'),
      store('claims').getAllKeys(),
      store('claims').getAll(),
    ]),
  )
  const last = (newest?.key as number | undefined) ?? 0
  const record = await newestWhole(connection, last)
  const kept = new Map(epochs.map((epoch, i) => [epoch as number, values[i]]))
  const epoch = Math.max((epochs.at(-1) as number | undefined) ?? 0, record?.epoch ?? 0)
  const claims = new Map<number, number>()
  const mended = new Map<number, number>()
  let before = 0
  for (let each = (epochs[0] as number | undefined) ?? 1; each <= epoch; each++) {
    const known = readClaim(connection, kept.get(each), each)
    const seq = known ?? (await findClaim(connection, each, before))
    if (seq === undefined) continue
    before = seq
    claims.set(each, seq)
    if (known === undefined) mended.set(each, seq)
  }
  return { last, position: record ? endOf(record) : 0, epoch, claims, mended }
}

function readClaim(connection: Connection, value: unknown, epoch: number): number | undefined {
  try {
    return decodeClaim(value, epoch, connection.checksum)
  } catch (error) {
    if (error instanceof QuiverError && error.code === 'CORRUPT') return undefined
    throw error
  }
}

/** Record `last`, or the one before it that is whole where it is not: its own length is unknown then, and counts for nothing. */
async function newestWhole(connection: Connection, last: number): Promise<LogRecord | undefined> {
  const newest = await readRecord(connection, last)
  if (newest) return newest
  const [keys] = await connection.use((db) =>
    read<[IDBValidKey[]]>(db, ['log'], (store) => [store('log').getAllKeys()]),
  )
  for (const seq of (keys as number[]).reverse()) {
    const record = await readRecord(connection, seq)
    if (record) return record
  }
  return undefined
}

/** Looks for the claim of `epoch` behind record `after`; one that is not there needs no sparing. */
async function findClaim(
  connection: Connection,
  epoch: number,
  after: number,
): Promise<number | undefined> {
  const behind = IDBKeyRange.lowerBound(after, true)
  const [keys] = await connection.use((db) =>
    read<[IDBValidKey[]]>(db, ['log'], (store) => [store('log').getAllKeys(behind)]),
  )
  for (const seq of keys as number[]) {
    const record = await readRecord(connection, seq)
    if (record && record.epoch > epoch) return undefined
    if (record?.kind === LogKind.claim && record.epoch === epoch) return seq
  }
  return undefined
}

/**
 * Adds a claim of the next epoch behind `end`, durable before anything else is written, and makes the header one of this
 * version. Answers where the log ends now, or `undefined` where another writer has been there first.
 */
export async function claimLog(connection: Connection, end: LogEnd): Promise<LogEnd | undefined> {
  const { checksum, header } = connection
  const seq = end.last + 1
  const epoch = end.epoch + 1
  // Two who claim at the same time write the same but for this, and each must know whose was stored.
  const payload = crypto.getRandomValues(new Uint8Array(16))
  const { position } = end
  const bytes = encodeLogRecord(
    { kind: LogKind.claim, epoch, seq, position, part: 0, parts: 1, payload },
    checksum,
  )
  const written = raised(header) ?? (connection.headerDamaged ? header : undefined)
  try {
    await connection.use((db) =>
      transact(db, ['log', 'claims', 'meta'], 'strict', (store) => {
        store('log').add(bytes, seq)
        store('claims').add(encodeClaim(seq, checksum), epoch)
        for (const [old, at] of end.mended) store('claims').put(encodeClaim(at, checksum), old)
        if (!written) return
        for (const key of HEADER_KEYS) store('meta').put(encodeHeader(written, checksum), key)
      }),
    )
  } catch (error) {
    const outcome = await outcomeOf(connection, [{ seq, bytes }])
    if (outcome === 'taken') return undefined
    if (outcome === 'absent') throw error
  }
  return {
    last: seq,
    position: position + bytes.byteLength,
    epoch,
    claims: new Map([...end.claims, [epoch, seq]]),
    mended: new Map(),
  }
}

/** Bytes of the log up to and with record `seq`; `fallback` where that record cannot say. */
export async function endPosition(
  connection: Connection,
  seq: number,
  fallback: number,
): Promise<number> {
  const record = await readRecord(connection, seq)
  return record ? endOf(record) : fallback
}

function endOf(record: LogRecord): number {
  return record.position + recordBytes(record)
}

/** @throws QuiverError `NEWER_FORMAT` */
async function readRecord(connection: Connection, seq: number): Promise<LogRecord | undefined> {
  const value = await connection.use((db) => readValue(db, 'log', seq))
  return decodeIfWhole(value, seq, connection.checksum)
}
