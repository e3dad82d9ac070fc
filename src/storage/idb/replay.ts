/** Reading the log back, to the first record that cannot be trusted. */
import { QuiverError } from '../../contract/errors.ts'
import type { Checksum } from '../codec/checksum.ts'
import { decodeLogRecord, LogKind, type LogRecord, resumes } from '../codec/log-record.ts'
import type { LoggedOperation } from '../index.ts'
import type { Connection } from './connection.ts'
import { isLostValue } from './errors.ts'
import { readAhead } from './read-ahead.ts'
import type { StorageDatabase } from './schema.ts'

/** Records got by one request: of 4 MiB at most, so far from the 128 MiB at which browsers give up. */
const BATCH = 16
const BATCHES_AHEAD = 2

/** Where and why a replay stopped. */
export interface Stop {
  readonly seq: number
  /** Records from there on that were left out. */
  readonly skipped: number
}

/**
 * Yields the operations in records `after + 1` to `upTo`. Returns where it stopped, if it did; past that point it only
 * looks for the mark of a writer who knew about the stop, since what that writer added counts.
 */
export async function* replayLog(
  connection: Connection,
  checksum: Checksum,
  after: number,
  upTo: number,
): AsyncGenerator<LoggedOperation, Stop[]> {
  const stops: Stop[] = []
  let stoppedAt: number | undefined
  let parts: Uint8Array[] = []
  for await (const { seq, record } of readRecords(connection, checksum, after, upTo)) {
    if (stoppedAt !== undefined) {
      if (!record || !resumes(record, stoppedAt)) continue
      stops.push({ seq: stoppedAt, skipped: seq - stoppedAt })
      stoppedAt = undefined
    } else if (!record || !continues(record, parts.length)) {
      stoppedAt = seq - parts.length
      parts = []
    } else if (record.kind === LogKind.operation) {
      parts.push(record.payload)
      if (parts.length < record.parts) continue
      yield { seq, operation: join(parts) }
      parts = []
    }
  }
  if (stoppedAt !== undefined) stops.push({ seq: stoppedAt, skipped: upTo + 1 - stoppedAt })
  return stops
}

/** Whether `record` is what must come after `parts` parts of an operation. */
function continues(record: LogRecord, parts: number): boolean {
  return record.kind === LogKind.operation ? record.part === parts : parts === 0
}

interface ReadRecord {
  readonly seq: number
  /** `undefined` where it is missing or damaged. */
  readonly record: LogRecord | undefined
}

async function* readRecords(
  connection: Connection,
  checksum: Checksum,
  after: number,
  upTo: number,
): AsyncGenerator<ReadRecord> {
  const starts = range(after + 1, upTo, BATCH)
  const batches = readAhead(starts, BATCHES_AHEAD, (first) =>
    connection.use((db) => readBatch(db, first, Math.min(first + BATCH - 1, upTo))),
  )
  let seq = after
  for await (const batch of batches) {
    for (const value of batch) {
      seq++
      yield { seq, record: decode(value, seq, checksum) }
    }
  }
}

async function readBatch(db: StorageDatabase, first: number, last: number): Promise<unknown[]> {
  const keys = Array.from(range(first, last, 1))
  try {
    const values = await db.getAll('log', IDBKeyRange.bound(first, last))
    if (values.length === keys.length) return values
  } catch (error) {
    if (!isLostValue(error)) throw error
  }
  // One by one, to learn which of them are missing.
  return Promise.all(
    keys.map((seq) =>
      db.get('log', seq).catch((error: unknown) => {
        if (!isLostValue(error)) throw error
        return undefined
      }),
    ),
  )
}

function decode(value: unknown, seq: number, checksum: Checksum): LogRecord | undefined {
  try {
    return decodeLogRecord(value, seq, checksum)
  } catch (error) {
    if (error instanceof QuiverError && error.code === 'CORRUPT') return undefined
    throw error
  }
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
