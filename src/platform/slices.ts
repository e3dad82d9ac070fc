import { throwIfAborted } from '../contract/errors.ts'
import { nextTask } from './task.ts'

/** Cloning a message blocks the page, so no message is longer than about this. */
const MAX_MESSAGE_BYTES = 512 * 1024
const MAX_MESSAGE_RECORDS = 512

/** Cuts records into messages that are posted in tasks of their own. */
export function* sliceRecords(records: readonly unknown[]): Generator<readonly unknown[]> {
  let from = 0
  let bytes = 0
  for (const [n, record] of records.entries()) {
    bytes += roughBytes(record)
    if (bytes < MAX_MESSAGE_BYTES && n - from < MAX_MESSAGE_RECORDS - 1) continue
    yield records.slice(from, n + 1)
    from = n + 1
    bytes = 0
  }
  if (from < records.length) yield records.slice(from)
}

/** The same for a matrix: whole rows with their ids. */
export function* sliceMatrix(
  ids: readonly string[],
  matrix: Float32Array,
): Generator<{ ids: readonly string[]; rows: Float32Array }> {
  const dimension = matrix.length / ids.length
  const step = Math.max(1, Math.floor(MAX_MESSAGE_BYTES / (dimension * 4)))
  for (let from = 0; from < ids.length; from += step) {
    const to = Math.min(from + step, ids.length)
    yield { ids: ids.slice(from, to), rows: matrix.slice(from * dimension, to * dimension) }
  }
}

/** Posts every slice in a task of its own and waits for the answers; the first refusal is thrown. */
export async function postSlices<T>(
  slices: Iterable<T>,
  post: (slice: T) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answers: Promise<void>[] = []
  for (const slice of slices) {
    throwIfAborted(signal)
    const answer = post(slice)
    // Refusals are collected below; until then they must not count as unhandled.
    answer.catch(() => undefined)
    answers.push(answer)
    await nextTask()
  }
  await Promise.all(answers)
}

/** Deeper than this, what is there is refused anyway. */
const MAX_DEPTH = 64

/** Good enough to cut messages by. */
function roughBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length * 2
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 16
  if (ArrayBuffer.isView(value)) return value.byteLength
  let bytes = 64
  for (const each of Object.values(value)) bytes += roughBytes(each, depth + 1)
  return bytes
}
