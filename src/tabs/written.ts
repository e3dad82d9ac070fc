/** Long enough to gather a burst of writes, too short to be noticed, in milliseconds. */
const MOMENT_MS = 30

/** Gathers which collections were written to, and says it once for all writes of a moment. */
export class Written {
  readonly #say: (collections: readonly number[]) => void
  readonly #collections = new Set<number>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(say: (collections: readonly number[]) => void) {
    this.#say = say
  }

  /** Not put off by further writes: while somebody writes without a pause, it is said all the same. */
  add(collection: number): void {
    if (this.#ended) return
    this.#collections.add(collection)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const collections = [...this.#collections]
      this.#collections.clear()
      this.#say(collections)
    }, MOMENT_MS)
  }

  /** Nothing is said any more. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }
}
