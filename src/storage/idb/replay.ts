/**
 * Reading the log back.
 *
 * A record that is damaged or missing is left out, with the write it is a part of, and replay goes on after it. Stopping
 * there, as a database must whose log describes pages, would leave out every acknowledged write that comes later, and mend
 * nothing by it: what is logged here are whole upserts and deletes by id, and each means the same without those before it.
 */
import {
  decodeIfWhole,
  LogKind,
  type LogRecord,
  recordBytes,
  resumedFrom,
} from '../codec/log-record.ts'
import type { LoggedOperation } from '../index.ts'
import type { Connection } from './connection.ts'
import { isLostValue } from './errors.ts'
import { type Gap, Gaps, isLaterPart } from './gaps.ts'
import { readAhead } from './read-ahead.ts'
import { read, readValue } from './read.ts'
import type { StorageDatabase } from './schema.ts'

/** Records got by one request: of 4 MiB at most, so far from the 128 MiB at which browsers give up. */
const BATCH = 16
const BATCHES_AHEAD = 2

/** Yields the operations in records `after + 1` to `upTo`, and returns what it left out. */
export function replayLog(
  connection: Connection,
  after: number,
  upTo: number,
): AsyncGenerator<LoggedOperation, readonly Gap[]> {
  const resumes = (stop: number) => findResumed(connection, stop, upTo)
  return assemble(readRecords(connection, after, upTo), resumes)
}

/**
 * Puts operations together of the records they were cut into.
 * @param findResumed answers, by the record where a replay of format 1 stopped, the one from which it went on
 */
export async function* assemble(
  records: AsyncIterable<ReadRecord>,
  findResumed: (after: number) => Promise<ReadonlyMap<number, number>>,
): AsyncGenerator<LoggedOperation, readonly Gap[]> {
  const gaps = new Gaps()
  let parts: LogRecord[] = []
  let resumed: ReadonlyMap<number, number> | undefined
  let resumesAt = 0
  for await (const { seq, record } of records) {
    if (seq < resumesAt) continue
    if (!continues(record, parts)) {
      const stop = seq - parts.length
      resumed ??= await findResumed(seq)
      resumesAt = resumed.get(stop) ?? 0
      if (resumesAt > seq) gaps.add({ first: stop, last: resumesAt - 1, lost: resumesAt - stop })
      else gaps.leaveOut(parts, seq, record)
      parts = []
      if (resumesAt > seq || !record || isLaterPart(record)) continue
    }
    if (record?.kind !== LogKind.operation) continue
    parts.push(record)
    if (parts.length < record.parts) continue
    yield { seq, operation: join(parts.map(({ payload }) => payload)) }
    parts = []
  }
  // Cut short at the very end: all records of a write are added by one transaction, so these are damage too.
  const [begun] = parts
  if (begun) gaps.add({ first: begun.seq, last: begun.seq + parts.length - 1, lost: 1 })
  return gaps.all
}

/** Whether `record` is what must come after `parts` of an operation. */
function continues(record: LogRecord | undefined, parts: readonly LogRecord[]): boolean {
  if (record?.kind !== LogKind.operation) return record !== undefined && parts.length === 0
  return record.part === parts.length && (parts[0]?.parts ?? record.parts) === record.parts
}

/** By the record where a replay stopped, the mark of the writer that knew of the stop: what it added counts. */
async function findResumed(
  connection: Connection,
  after: number,
  upTo: number,
): Promise<ReadonlyMap<number, number>> {
  const resumed = new Map<number, number>()
  for await (const { seq, record } of readRecords(connection, after, upTo)) {
    const stop = record && resumedFrom(record)
    if (stop !== undefined) resumed.set(stop, seq)
  }
  return resumed
}

export interface ReadRecord {
  readonly seq: number
  /** `undefined` where it is missing or damaged. */
  readonly record: LogRecord | undefined
}

interface StoredRecord extends ReadRecord {
  /** Of the record as it is stored. */
  readonly bytes: number
}

/** Records `after + 1` to `upTo`, one by one. @throws QuiverError `NEWER_FORMAT` */
export async function* readRecords(
  connection: Connection,
  after: number,
  upTo: number,
): AsyncGenerator<StoredRecord> {
  const starts = range(after + 1, upTo, BATCH)
  const batches = readAhead(starts, BATCHES_AHEAD, (first) =>
    connection.use((db) => readBatch(db, first, Math.min(first + BATCH - 1, upTo))),
  )
  let seq = after
  for await (const batch of batches) {
    for (const value of batch) {
      seq++
      const stored = decodeIfWhole(value, seq, connection.checksum)
      const bytes = stored ? recordBytes(stored) : 0
      yield { seq, record: stored && (await openRecord(connection, stored)), bytes }
    }
  }
}

/** Where the payload of an operation is stored, as its encryption binds it. */
export function placeOfRecord(seq: number): string {
  return `log ${seq}`
}

async function openRecord(
  { cipher }: Connection,
  record: LogRecord,
): Promise<LogRecord | undefined> {
  if (record.kind !== LogKind.operation) return record
  const payload = await cipher.open(record.payload, placeOfRecord(record.seq))
  return payload && { ...record, payload }
}

async function readBatch(
  db: StorageDatabase,
  first: number,
  last: number,
): Promise<readonly unknown[]> {
  const keys = Array.from(range(first, last, 1))
  try {
    const all = IDBKeyRange.bound(first, last)
    const [values] = await read<[unknown[]]>(db, ['log'], (store) => [store('log').getAll(all)])
    if (values.length === keys.length) return values
  } catch (error) {
    if (!isLostValue(error)) throw error
  }
  // One by one, to learn which of them are missing.
  return Promise.all(keys.map((seq) => readValue(db, 'log', seq)))
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (only && parts.length === 1) return only
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.byteLength
  }
  return joined
}

function* range(first: number, last: number, step: number): Generator<number> {
  for (let value = first; value <= last; value += step) yield value
}
