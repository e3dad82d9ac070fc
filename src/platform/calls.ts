import { QuiverError, toQuiverError } from '../contract/errors.ts'

/** Counts the calls through one handle, so that closing it lets them finish and refuses later ones. */
export class Calls {
  readonly #what: string
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  /** `what`: names the handle in messages, e.g. `Database "notes"`. */
  constructor(what: string) {
    this.#what = what
  }

  /** @throws QuiverError `CLOSED`, and whatever the call throws, as a `QuiverError` */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new QuiverError('CLOSED', `${this.#what} is closed. Open it again with open().`)
    }
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

  /** Refuses further calls and resolves when those under way are over. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay)
  }
}
