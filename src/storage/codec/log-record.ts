/**
 * One record of the log, version 1, stored under its sequence number:
 *
 * ```
 *  0  u64  xxh64 of all that follows
 *  8  u8   version, 1
 *  9  u8   kind
 * 10  u16  zero
 * 12  u32  epoch of the writer
 * 16  u64  sequence number: its own key, so that a record in the wrong place is noticed
 * 24  u64  bytes of all records before it, so that the length of any stretch of log is one subtraction
 * 32  u32  part, from 0
 * 36  u32  parts the operation was cut into
 * 40       payload; that of an operation is encrypted where the header says so (`cipher.ts`)
 * ```
 */
import { QuiverError } from '../../contract/errors.ts'
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import { isCount, seal, verifySealed } from './sealed.ts'

const VERSION = 1
const HEADER_BYTES = 40

export const LogKind = {
  /** An operation, or a part of one. */
  operation: 0,
  /** A writer took over; its epoch is valid from here on. Since format 2 the payload is 16 random bytes: who it was. */
  claim: 1,
  /** A fold was made the newest generation, or an older one was dropped. */
  fold: 2,
  /**
   * Format 1 alone: its replay stopped at a damaged record, and what lies between the one named by the payload (u64) and
   * this one never took effect.
   */
  resume: 3,
} as const

export interface LogRecord {
  readonly kind: number
  readonly epoch: number
  readonly seq: number
  readonly position: number
  readonly part: number
  readonly parts: number
  readonly payload: Uint8Array
}

/** What is known of a record before its place in the log is. */
export interface LogEntry {
  readonly kind: number
  readonly part: number
  readonly parts: number
  readonly payload: Uint8Array
}

const NOTHING = new Uint8Array(0)

/** A record that says all by its kind. */
export function marker(kind: number): LogEntry {
  return { kind, part: 0, parts: 1, payload: NOTHING }
}

/** The record at which the replay stopped that `record` resumed; `undefined` for any other record. */
export function resumedFrom(record: LogRecord): number | undefined {
  if (record.kind !== LogKind.resume || record.payload.byteLength !== 8) return undefined
  const view = new DataView(record.payload.buffer, record.payload.byteOffset, 8)
  return Number(view.getBigUint64(0, true))
}

/** Cuts an operation into entries of at most `limit` bytes. */
export function cut(operation: Uint8Array, limit: number): LogEntry[] {
  const parts = Math.max(1, Math.ceil(operation.byteLength / limit))
  return Array.from({ length: parts }, (_, part) => ({
    kind: LogKind.operation,
    part,
    parts,
    payload: operation.subarray(part * limit, (part + 1) * limit),
  }))
}

export function encodeLogRecord(record: LogRecord, checksum: Checksum): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + record.payload.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(8, VERSION)
  view.setUint8(9, record.kind)
  view.setUint32(12, record.epoch, true)
  view.setBigUint64(16, BigInt(record.seq), true)
  view.setBigUint64(24, BigInt(record.position), true)
  view.setUint32(32, record.part, true)
  view.setUint32(36, record.parts, true)
  bytes.set(record.payload, HEADER_BYTES)
  seal(bytes, checksum)
  return bytes
}

/** The record stored under `seq`; its payload is a view of `value`. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export function decodeLogRecord(value: unknown, seq: number, checksum: Checksum): LogRecord {
  const what = `log record ${seq}`
  const bytes = verifySealed(value, what, checksum)
  if (bytes.byteLength < HEADER_BYTES) throw damaged(`${what} is cut short`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint8(8)
  if (version !== VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `${what} is of version ${version}, this Quiver reads ${VERSION}. Use a newer Quiver.`,
    )
  }
  const record: LogRecord = {
    kind: view.getUint8(9),
    epoch: view.getUint32(12, true),
    seq: Number(view.getBigUint64(16, true)),
    position: Number(view.getBigUint64(24, true)),
    part: view.getUint32(32, true),
    parts: view.getUint32(36, true),
    payload: bytes.subarray(HEADER_BYTES),
  }
  if (record.seq !== seq) throw damaged(`${what} is record ${record.seq}`)
  if (!isCount(record.position)) throw damaged(`${what} lies beyond what a log can hold`)
  return record
}

/** The record, or `undefined` where it is damaged or missing. @throws QuiverError `NEWER_FORMAT` */
export function decodeIfWhole(
  value: unknown,
  seq: number,
  checksum: Checksum,
): LogRecord | undefined {
  try {
    return decodeLogRecord(value, seq, checksum)
  } catch (error) {
    if (error instanceof QuiverError && error.code === 'CORRUPT') return undefined
    throw error
  }
}

/** Bytes of the record as it is stored. */
export function recordBytes(record: LogRecord): number {
  return HEADER_BYTES + record.payload.byteLength
}
