import { nextTask } from '../platform/task.ts'
import type { VectorIndex } from '../engine/index.ts'
import { calibrate, isToCalibrate } from './calibrate.ts'
import type { Calibration } from './calibration.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { CollectionState } from './state.ts'

/** How long one step may hold the thread, in milliseconds. */
const STEP_MS = 8

const FIRST_STEP_ROWS = 16
const MAX_STEP_ROWS = 1024

type Task = 'index' | 'calibrate'

/** A calibration under way, and what it is of: another graph needs another one. */
interface Calibrating {
  readonly index: VectorIndex
  readonly graph: VectorIndex['config']['graph']
  readonly steps: Generator<undefined, Calibration>
}

/**
 * Keeps the graph whole in the background (inserts waiting rows, mends it around removed ones) and then measures it, in
 * steps short enough that searches and writes get their turn. Rows that wait are scanned, so nothing is missing meanwhile.
 */
export class Indexer {
  readonly #queue: CommitQueue
  readonly #state: () => CollectionState
  readonly #onDone: (task: Task) => void
  #stepRows = FIRST_STEP_ROWS
  #calibrating: Calibrating | undefined
  #running: Promise<void> | undefined
  #stopped = false
  /** Called, once, when the step under way is over. */
  #afterStep: (() => void)[] = []

  constructor(queue: CommitQueue, state: () => CollectionState, onDone: (task: Task) => void) {
    this.#queue = queue
    this.#state = state
    this.#onDone = onDone
  }

  /** What is left until the graph is whole. */
  get waiting(): number {
    return this.#state().index?.waiting ?? 0
  }

  start(): void {
    if (this.#stopped || this.#running || !this.#task()) return
    // What fails here (memory) loses nothing: the rows that wait are scanned, and the next write tries again.
    this.#running = this.#run()
      .catch(() => {
        this.#calibrating = undefined
      })
      .finally(() => {
        this.#running = undefined
        this.#endStep()
      })
  }

  /** Resolves when the graph is whole, or when the indexer was stopped; `onStep` hears what is left. */
  async drained(onStep: (waiting: number) => void, signal: AbortSignal | undefined): Promise<void> {
    this.start()
    while (this.#running && this.waiting > 0 && !signal?.aborted) {
      onStep(this.waiting)
      await new Promise<void>((resolve) => this.#afterStep.push(resolve))
    }
  }

  /** Resolves when the step under way is over; no other follows. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #task(): Task | undefined {
    const state = this.#state()
    // What vectors are like is not known from their codes, and reading them has the thread now.
    if (state.isLoading) return undefined
    if (this.waiting > 0) return 'index'
    return isToCalibrate(state) ? 'calibrate' : undefined
  }

  async #run(): Promise<void> {
    for (let task = this.#task(); task && !this.#stopped; task = this.#task()) {
      await this.#queue.exclusive(() => {
        if (this.#task() === 'index') this.#index()
        else this.#calibrate()
      })
      this.#endStep()
      if (this.#task() !== task) this.#onDone(task)
      await nextTask()
    }
  }

  #endStep(): void {
    const listeners = this.#afterStep
    this.#afterStep = []
    for (const listener of listeners) listener()
  }

  #index(): void {
    const started = performance.now()
    this.#state().index?.indexRows(this.#stepRows)
    const took = performance.now() - started
    if (took < STEP_MS / 2) this.#stepRows = Math.min(this.#stepRows * 2, MAX_STEP_ROWS)
    else if (took > STEP_MS * 2) this.#stepRows = Math.max(this.#stepRows >> 1, 1)
  }

  #calibrate(): void {
    const state = this.#state()
    const { index } = state
    if (!index || !isToCalibrate(state)) return
    const { graph } = index.config
    if (this.#calibrating?.index !== index || this.#calibrating.graph !== graph) {
      this.#calibrating = { index, graph, steps: calibrate(state, index) }
    }
    const end = performance.now() + STEP_MS
    do {
      const { value, done } = this.#calibrating.steps.next()
      if (!done) continue
      state.calibration = value
      this.#calibrating = undefined
      return
    } while (performance.now() < end)
  }
}
