/** Who wants to hear of what, by event. */
export class Listeners<Events> {
  readonly #all = new Map<keyof Events, Set<(detail: never) => void>>()

  /** Calls `listener` at every such event until the function it answers is called. */
  on<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void): () => void {
    // A function of its own: the same listener given twice is called twice, and taken off one at a time.
    const own = (detail: Events[E]): void => {
      listener(detail)
    }
    const listeners = this.#all.get(event) ?? new Set()
    this.#all.set(event, listeners.add(own))
    return () => {
      listeners.delete(own)
    }
  }

  /** A listener that throws is reported, and keeps no other from hearing. */
  emit<E extends keyof Events>(event: E, detail: Events[E]): void {
    for (const listener of [...(this.#all.get(event) ?? [])]) {
      try {
        ;(listener as (detail: Events[E]) => void)(detail)
      } catch (error) {
        // Shown as uncaught; `reportError` is not there in Node.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
