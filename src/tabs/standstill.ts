const BEAT_MS = 250

/** Longer than this without a beat, and other tabs may have noticed; well below what they wait. */
const DOUBTFUL_MS = 1_000

/**
 * Notices that the thread stood still: its tab was frozen, or one task took long. What is in memory then counts only once
 * it is certain that nobody has taken over meanwhile. A timer alone would be too late: a thread that wakes up may run the
 * messages that wait before it.
 */
export class Standstill {
  readonly #confirm: () => Promise<void>
  readonly #timer = setInterval(() => {
    this.#beat()
  }, BEAT_MS)
  #last = performance.now()
  #doubt: Promise<void> | undefined

  /** `confirm`: asks whether nobody has taken over; what it throws is thrown to all who wait for it. */
  constructor(confirm: () => Promise<void>) {
    this.#confirm = confirm
  }

  /** `undefined`: there is no doubt. Else what is to be waited for before anything is answered. */
  get doubt(): Promise<void> | undefined {
    this.#beat()
    return this.#doubt
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #beat(): void {
    const now = performance.now()
    const still = now - this.#last
    this.#last = now
    if (still < DOUBTFUL_MS) return
    const doubt = this.#confirm().finally(() => {
      if (this.#doubt === doubt) this.#doubt = undefined
    })
    doubt.catch(() => undefined)
    this.#doubt = doubt
  }
}
