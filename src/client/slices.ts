import { nextTask } from '../platform/task.ts'

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
): Promise<void> {
  const answers: Promise<void>[] = []
  for (const slice of slices) {
    const answer = post(slice)
    // Refusals are collected below; until then they must not count as unhandled.
    answer.catch(() => undefined)
    answers.push(answer)
    await nextTask()
  }
  await Promise.all(answers)
}

/** Good enough to cut messages by: the text and the vector are what is large. */
function roughBytes(record: unknown): number {
  if (typeof record !== 'object' || record === null) return 16
  let bytes = 64
  for (const value of Object.values(record)) {
    if (typeof value === 'string') bytes += value.length * 2
    else if (value instanceof Float32Array || Array.isArray(value)) bytes += value.length * 8
    else bytes += 32
  }
  return bytes
}
