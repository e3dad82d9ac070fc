import { throwIfAborted } from '../contract/errors.ts'

/** How long work may hold its thread before other messages get their turn, in milliseconds. */
const SLICE_MS = 8

/**
 * Resolves in a task of its own, after the messages that already wait. `scheduler.yield` would come back before them,
 * and timers are clamped to 4 ms, so a message to ourselves is used; Node has `setImmediate` for the purpose.
 */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') {
    return new Promise((resolve) => setImmediate(resolve))
  }
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** Cuts long work into slices: `await slices.pause()` between its steps gives the thread away when a slice is over. */
export class Slices {
  readonly #signal: AbortSignal | undefined
  #end = performance.now() + SLICE_MS

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** @throws QuiverError `ABORTED` */
  async pause(): Promise<void> {
    if (performance.now() >= this.#end) {
      await nextTask()
      this.#end = performance.now() + SLICE_MS
    }
    throwIfAborted(this.#signal)
  }
}
