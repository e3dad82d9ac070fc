/**
 * Live queries. One is a loop on the thread that holds the database's handle (the worker; behind `quiverdb/local` the caller's):
 * search, wait until something was written, search again.
 *
 * - The leader says which collections were written to, to itself and to the followers, once for all writes of a moment
 *   (`written.ts`). That is all that is said where nothing is listened to; nothing is asked for in the meantime.
 * - The search is an ordinary call to whomever leads, `searchAgain`. It carries the digest of the answer that is known, and
 *   comes back empty where the answer is the same: that is found out where the search runs, and what has not changed is
 *   posted nowhere. The leader keeps nothing of a live query, so there is nothing for another leader to take over.
 * - Whoever has another leader than before searches once more: what was said meanwhile may not have been heard.
 * - The next search waits until the answer before was received: one for a page that is busy waits there, and no more.
 * - The page starts the loop by a call that lasts as long as it (`RemoteCollection.live`): an abort ends it, and the death of
 *   the worker or the closing of the database ends it with `CLOSED`, as they end every call.
 */
import type { Embedder } from '../contract/embedder.ts'
import { type QuiverError, toQuiverError } from '../contract/errors.ts'
import type { FoundAgain } from '../contract/tabs.ts'
import type { LiveAnswer } from '../platform/live-store.ts'

/** The longest rest between two searches, in milliseconds. */
const MAX_REST_MS = 500

export interface LiveSearch {
  /** `undefined`: the answer is still the one with the digest `known`. */
  readonly search: (known: string | undefined) => Promise<FoundAgain | undefined>
  /** Calls `listener` whenever there may be another answer, until the function it answers is called. */
  readonly onWritten: (listener: () => void) => () => void
}

/** Resolves once the answer was received. */
export type LiveReceiver = (answer: LiveAnswer) => Promise<void>

/** Rejects with what ends it: `ABORTED` by the signal, or `CLOSED`. What else a search fails with, a write may mend. */
export async function keepSearching(
  { search, onWritten }: LiveSearch,
  receive: LiveReceiver,
  signal: AbortSignal,
): Promise<never> {
  const interest = new Interest(onWritten, signal)
  let known: string | undefined
  let failure: QuiverError | undefined
  try {
    for (;;) {
      interest.begin()
      const started = performance.now()
      try {
        const found = await search(known)
        known = found?.digest ?? known
        failure = undefined
        if (found) await interest.until(receive(found))
      } catch (thrown) {
        const error = toQuiverError(thrown)
        if (signal.aborted || error.code === 'CLOSED') throw error
        if (!isSame(error, failure)) await interest.until(receive(error))
        failure = error
        known = undefined
      }
      const ended = performance.now()
      await interest.written()
      // A search that takes long would else leave no time for the writes it runs after.
      await interest.rest(ended + Math.min(ended - started, MAX_REST_MS) - performance.now())
    }
  } finally {
    interest.end()
  }
}

/** What a live query waits for between two searches. */
class Interest {
  readonly #signal: AbortSignal
  readonly #unlisten: () => void
  readonly #wake = (): void => {
    this.#resume()
  }
  #isWritten = false
  #isWaiting = false
  #resume = (): void => undefined

  constructor(onWritten: LiveSearch['onWritten'], signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#wake)
    this.#unlisten = onWritten(() => {
      this.#isWritten = true
      if (this.#isWaiting) this.#wake()
    })
  }

  /** What is written from now on counts. */
  begin(): void {
    this.#isWritten = false
  }

  /** Resolves at the first write, or when aborted. */
  async written(): Promise<void> {
    if (this.#isWritten) return
    this.#isWaiting = true
    await this.#pause()
    this.#isWaiting = false
  }

  /** Resolves when `task` is over, or when aborted. */
  async until(task: Promise<void>): Promise<void> {
    task.then(this.#wake, this.#wake)
    await this.#pause()
  }

  /** Resolves after that many milliseconds, or when aborted. */
  async rest(time: number): Promise<void> {
    if (time <= 0) return
    const timer = setTimeout(this.#wake, time)
    await this.#pause()
    clearTimeout(timer)
  }

  end(): void {
    this.#unlisten()
    this.#signal.removeEventListener('abort', this.#wake)
  }

  async #pause(): Promise<void> {
    if (this.#signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#resume = resolve
    })
  }
}

function isSame(error: QuiverError, before: QuiverError | undefined): boolean {
  return error.code === before?.code && error.message === before.message
}

/** A live query embeds its text once, not at every write: a model may be slow, or have its price. */
export function embeddingOnce(embedder: Embedder | undefined): Embedder | undefined {
  // One that is made of a recipe is cheap, and made where the search runs.
  if (!embedder || embedder.recipe) return embedder
  const { id, dimension, maxTokens } = embedder
  const known = new Map<string, Float32Array>()
  return {
    id,
    dimension,
    maxTokens,
    async embed(texts, options) {
      const key = JSON.stringify([options.role, texts])
      const matrix = known.get(key) ?? (await embedder.embed(texts, options))
      known.set(key, matrix)
      return matrix
    },
  }
}
