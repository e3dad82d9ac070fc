const TICK_MS = 500

/** Silence of page and worker, after which a leader is frozen or stopped. */
const FROZEN_MS = 3_000

/** The same where another member seems to be taking over, but is not heard of either. */
const STUCK_MS = 10_000

/** Silence of the worker, while its page says that it is busy. */
const BUSY_MS = 60_000

export interface VigilListener {
  /** Ask the leader whether it is alive. */
  ping(): void
  /** It is not. `anyhow`: even if another member is about to take over. */
  dead(how: 'if free' | 'anyhow'): void
}

/** Watches over the leader for as long as somebody waits for it. */
export class Vigil {
  readonly #listener: VigilListener
  #timer: ReturnType<typeof setInterval> | undefined
  #ticked = 0
  #since = 0
  #heard = 0
  #worker = 0

  constructor(listener: VigilListener) {
    this.#listener = listener
  }

  /** Somebody waits. */
  begin(): void {
    if (this.#timer !== undefined) return
    this.#ticked = this.#since = performance.now()
    this.#timer = setInterval(() => {
      this.#tick()
    }, TICK_MS)
  }

  /** Nobody waits any more. */
  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** The leader is alive. */
  heard(by: 'page' | 'worker'): void {
    this.#heard = performance.now()
    if (by === 'worker') this.#worker = this.#heard
  }

  #tick(): void {
    const now = performance.now()
    // This thread itself stood still: what the others said meanwhile waits to be heard.
    if (now - this.#ticked > 3 * TICK_MS) this.#since = now
    this.#ticked = now
    const quiet = now - Math.max(this.#heard, this.#since)
    const silent = now - Math.max(this.#worker, this.#since)
    if (quiet >= STUCK_MS || silent >= BUSY_MS) this.#listener.dead('anyhow')
    else if (quiet >= FROZEN_MS) this.#listener.dead('if free')
    if (quiet >= TICK_MS) this.#listener.ping()
  }
}
