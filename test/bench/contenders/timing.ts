import type { VectorIndex } from '../../../src/engine/index.ts'
import type { Ask } from './contender.ts'

/** Rows inserted between two signs of life; the rivals are as fast with fewer or more. */
const SLICE = 5_000

/**
 * Ours builds in bulk what waits together: all rows are handed in before the first of these steps. They are as short as a
 * collection's: code that a browser has not compiled well yet runs on as it is until the call it is in returns.
 */
const STEP = 256

/**
 * Inserts slice by slice, and answers the milliseconds it took. What `prepare` makes of a slice, the form in which the
 * library takes rows, is not timed.
 */
export async function timeInserting<S>(
  count: number,
  prepare: (from: number, to: number) => S,
  insert: (slice: S) => void,
  onRows: (done: number) => void,
): Promise<number> {
  let total = 0
  for (let from = 0; from < count; from += SLICE) {
    const to = Math.min(from + SLICE, count)
    const slice = prepare(from, to)
    const started = performance.now()
    insert(slice)
    total += performance.now() - started
    onRows(to)
    await new Promise((resolve) => setTimeout(resolve))
  }
  return total
}

/** Does all the work that waits in an index, and answers the milliseconds it took. */
export async function timeIndexing(
  index: VectorIndex,
  onRows: (done: number) => void,
): Promise<number> {
  let total = 0
  for (let left = Infinity; left > 0;) {
    const started = performance.now()
    left = index.indexRows(STEP)
    total += performance.now() - started
    onRows(index.indexed)
    await new Promise((resolve) => setTimeout(resolve))
  }
  return total
}

/** How a library is asked: `Q` is a query in the form it takes, `A` its answer. */
interface Manner<Q, A> {
  readonly queries: readonly Q[]
  readonly setEf?: (ef: number) => void
  readonly search: (query: Q, ef: number) => A | Promise<A>
  /** Not timed. */
  readonly rowsOf: (answer: A) => ArrayLike<number>
}

/** One query after the other, each timed. */
export function oneByOne<Q, A>({ queries, setEf, search, rowsOf }: Manner<Q, A>): Ask {
  return async (ef) => {
    setEf?.(ef)
    const answers: A[] = []
    const latencies: number[] = []
    const started = performance.now()
    let before = started
    for (const query of queries) {
      const answer = search(query, ef)
      // Awaiting what is there already would cost those who answer at once.
      answers.push(answer instanceof Promise ? await answer : answer)
      const now = performance.now()
      latencies.push(now - before)
      before = now
    }
    return { totalMs: before - started, latencies, found: answers.map(rowsOf) }
  }
}
