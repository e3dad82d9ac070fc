import type { Progress } from '../contract/api.ts'

const INTERVAL_MS = 100

/** Reports a phase at its start and end, and at most every 100 ms between. */
export class ProgressReporter {
  readonly #report: ((progress: Progress) => void) | undefined
  #last = -Infinity
  #phase: Progress['phase'] | undefined

  constructor(report: ((progress: Progress) => void) | undefined) {
    this.#report = report
  }

  report(phase: Progress['phase'], done: number, total: number): void {
    if (!this.#report) return
    const now = performance.now()
    // By the phase, not by `done`: work that waits for its turn stands at 0 for as long as it waits.
    const starts = phase !== this.#phase
    if (!starts && done !== total && now - this.#last < INTERVAL_MS) return
    this.#last = now
    this.#phase = phase
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
