import type { CommitQueue } from './commit-queue.ts'
import type { CollectionState } from './state.ts'
import { nextTask } from '../platform/task.ts'

/** How long one step of graph building may hold the thread, in milliseconds. */
const STEP_MS = 8

const FIRST_STEP_ROWS = 16
const MAX_STEP_ROWS = 1024

/**
 * Inserts waiting rows into the graph in the background, in steps short enough that searches and writes get their turn.
 * Rows that wait are scanned, so nothing is missing meanwhile.
 */
export class Indexer {
  readonly #queue: CommitQueue
  readonly #state: () => CollectionState
  readonly #onDone: () => void
  #stepRows = FIRST_STEP_ROWS
  #running: Promise<void> | undefined
  #stopped = false

  constructor(queue: CommitQueue, state: () => CollectionState, onDone: () => void) {
    this.#queue = queue
    this.#state = state
    this.#onDone = onDone
  }

  get waiting(): number {
    const { index } = this.#state()
    return index?.config.graph ? index.rows - index.indexed : 0
  }

  start(): void {
    if (this.#stopped || this.#running || this.waiting === 0) return
    // What fails here (memory) loses nothing: the rows that wait are scanned, and the next write tries again.
    this.#running = this.#run()
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Resolves when no row waits, or when the indexer was stopped; `onStep` hears how many still do. */
  async drained(onStep: (waiting: number) => void, signal: AbortSignal | undefined): Promise<void> {
    this.start()
    while (this.#running && !signal?.aborted) {
      onStep(this.waiting)
      await nextTask()
    }
  }

  /** Resolves when the step under way is over; no other follows. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped && this.waiting > 0) {
      await this.#queue.exclusive(() => {
        this.#step()
      })
      await nextTask()
    }
    if (!this.#stopped) this.#onDone()
  }

  #step(): void {
    const started = performance.now()
    this.#state().index?.indexRows(this.#stepRows)
    const took = performance.now() - started
    if (took < STEP_MS / 2) this.#stepRows = Math.min(this.#stepRows * 2, MAX_STEP_ROWS)
    else if (took > STEP_MS * 2) this.#stepRows = Math.max(this.#stepRows >> 1, 1)
  }
}
