/** When the log is folded into the snapshot: before the next open takes long to replay it, and seldom enough. Pure. */

/** A log this long is folded even while writes go on. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** A log of this share of the snapshot is folded even while writes go on. */
const LOG_SHARE = 1 / 4
const MIN_BUSY_BYTES = 8 * 1024 * 1024

/** A fold writes the last chunk of every part anew, some megabytes: of a large snapshot that is too much for a short log. */
const IDLE_LOG_SHARE = 1 / 20
/** Below this, replaying the log is quicker than any fold. */
const MIN_IDLE_BYTES = 64 * 1024

/** What replaying costs, about: reading and checking the bytes, and taking in the rows. */
const MS_PER_LOG_BYTE = 5 / (1024 * 1024)
const MS_PER_ROW = 0.015
const MAX_REPLAY_MS = 1000
const MAX_IDLE_REPLAY_MS = 250

/** So many rows are inserted into the graph again at the next open, in the background, before its links are worth a fold. */
const MIN_GRAPH_ROWS = 2000
const GRAPH_SHARE = 1 / 20

/** A collection with this share of rows without a record is written anew without them. */
const SPARSE_SHARE = 0.3
const MIN_SPARSE_ROWS = 1000

/** What the next open would have to replay, and what there is beside it. */
export interface LogSize {
  readonly bytes: number
  /** Rows it adds. */
  readonly rows: number
  readonly snapshotBytes: number
}

/** `idle`: as soon as nobody writes. */
export type FoldTime = 'now' | 'idle' | 'later'

export function foldTime({ bytes, rows, snapshotBytes }: LogSize): FoldTime {
  const replay = bytes * MS_PER_LOG_BYTE + rows * MS_PER_ROW
  if (bytes >= MAX_LOG_BYTES || replay >= MAX_REPLAY_MS) return 'now'
  if (bytes >= Math.max(MIN_BUSY_BYTES, snapshotBytes * LOG_SHARE)) return 'now'
  if (bytes >= Math.max(MIN_IDLE_BYTES, snapshotBytes * IDLE_LOG_SHARE)) return 'idle'
  return replay >= MAX_IDLE_REPLAY_MS ? 'idle' : 'later'
}

/** Whether a graph has grown so much since it was folded that it is worth a fold of its own. */
export function graphIsWorthFolding(indexed: number, folded: number): boolean {
  return indexed - folded >= Math.max(MIN_GRAPH_ROWS, indexed * GRAPH_SHARE)
}

/** Whether so many rows hold no record any more that the rest is to be written anew. */
export function isSparse(rows: number, records: number): boolean {
  return rows >= MIN_SPARSE_ROWS && rows - records >= rows * SPARSE_SHARE
}

/**
 * A fold that failed had no room, most likely, and wrote much in vain. Another follows when the log has grown by this share,
 * or after this long.
 */
const RETRY_LOG_SHARE = 1 / 4
const RETRY_MS = 60_000

/** When, in milliseconds of any clock, and how many bytes the log had then. */
export interface FoldAttempt {
  readonly at: number
  readonly bytes: number
}

/** Milliseconds until one is to be made, after the last one `failed`, if it did. */
export function foldPause(failed: FoldAttempt | undefined, { at, bytes }: FoldAttempt): number {
  if (!failed || bytes >= failed.bytes * (1 + RETRY_LOG_SHARE)) return 0
  return Math.max(0, failed.at + RETRY_MS - at)
}
