import { QuiverError, toQuiverError } from '../contract/errors.ts'

/** Counts the calls through one handle, so that closing it lets them finish and refuses later ones. */
export class Calls {
  readonly #what: string
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()

  /** `what`: names the handle in messages, e.g. `Database "notes"`. */
  constructor(what: string) {
    this.#what = what
  }

  /** @throws QuiverError `CLOSED`, and whatever the call throws, as a `QuiverError` */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw this.#refusal()
    // Whatever it throws at once is a rejection like any other.
    const running = (async () => call())()
    this.#underWay.add(running)
    try {
      return await running
    } catch (error) {
      throw toQuiverError(error)
    } finally {
      this.#underWay.delete(running)
    }
  }

  /**
   * For one that lasts: closing ends it. `call` gets a signal for that and for the caller's.
   * @throws QuiverError as `run`, and `CLOSED` when it was ended so
   */
  runUntilClosed<T>(
    signals: readonly AbortSignal[],
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const closing = this.#closing.signal
    return this.run(async () => {
      try {
        return await call(AbortSignal.any([closing, ...signals]))
      } catch (error) {
        throw closing.aborted ? this.#refusal() : error
      }
    })
  }

  /** Refuses further calls, ends those that last, and resolves when those under way are over. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
  }

  #refusal(): QuiverError {
    return new QuiverError('CLOSED', `${this.#what} is closed. Open it again with open().`)
  }
}
