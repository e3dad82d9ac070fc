import type { Progress } from '../contract/api.ts'

const INTERVAL_MS = 100

/** Reports a phase at its start and end, and at most every 100 ms between. */
export class ProgressReporter {
  readonly #report: ((progress: Progress) => void) | undefined
  #last = -Infinity

  constructor(report: ((progress: Progress) => void) | undefined) {
    this.#report = report
  }

  report(phase: Progress['phase'], done: number, total: number): void {
    if (!this.#report) return
    const now = performance.now()
    if (done !== 0 && done !== total && now - this.#last < INTERVAL_MS) return
    this.#last = now
    try {
      this.#report({ done, total, phase })
    } catch (error) {
      // The caller's mistake must not undo a write that is durable; it is shown as uncaught instead.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
