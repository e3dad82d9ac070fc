import type { HelperStart } from './thread.worker.ts'

/** Less work (vectors to insert, queries to answer) is done before the first helper has come. */
const WORTHWHILE = 256

/** Workers that join the core's work. They are started when first worth it: most pages never need any. */
export class Helpers {
  readonly #count: number
  readonly #start: HelperStart
  /** Held, so that none is collected while it waits. They end with the worker that started them. */
  #workers: Worker[] | undefined

  constructor(count: number, start: HelperStart) {
    this.#count = count
    this.#start = start
  }

  call(items: number): void {
    if (this.#workers || items < WORTHWHILE) return
    this.#workers = []
    try {
      for (let n = 0; n < this.#count; n++) this.#workers.push(startHelper(this.#start))
    } catch {
      // A policy forbids them. Whoever did not come is not missed.
    }
  }
}

function startHelper(start: HelperStart): Worker {
  // Bundlers find the worker by this very expression; it must stay literal.
  const worker = new Worker(new URL('./thread.worker.ts', import.meta.url), { type: 'module' })
  worker.onerror = (event) => {
    // Unhandled, it would count as an error of this worker, and of the page.
    event.preventDefault()
    worker.terminate()
  }
  worker.postMessage(start)
  return worker
}
