import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { Storage } from '../storage/index.ts'
import { type CallId, encodeWrite, type Operation } from '../storage/operations.ts'
import { Outcomes } from './outcomes.ts'

/** A change: what the log gets, and what happens in memory once the log has it. */
export interface Write<T> {
  /** Logged beside the operations, so that a replay knows whose they are. */
  readonly call?: CallId | undefined
  /**
   * `group`: may share a transaction with the writes beside it, so `prepare` must not depend on them. `alone`: runs when
   * every earlier write is applied.
   */
  readonly sharing: 'group' | 'alone'
  /** The operations to log, all or none of them; throwing refuses the write. None: nothing to log, `apply` runs at once. */
  prepare(): readonly Operation[]
  /** Runs when the operations are durable, in the order of the log; the next one waits for it. */
  apply(): T | Promise<T>
}

interface Queued {
  readonly sharing: 'group' | 'alone'
  /** Never rejects. What it resolves with applies the change and answers the caller. */
  start(): Promise<() => Promise<void>>
}

/**
 * The one door for changes: everything that alters the state of a database goes through here, one after another, except
 * that writes which came while a commit was under way share the next one (group commit).
 */
export class CommitQueue {
  /** What calls did, as of the last operation that is applied. */
  readonly outcomes: Outcomes
  readonly #storage: Storage
  #waiting: Queued[] = []
  #running = false
  #lastSeq: number

  /** `lastSeq`: the last operation that is already applied; `outcomes`: of the calls up to it. */
  constructor(storage: Storage, lastSeq: number, outcomes = new Outcomes()) {
    this.#storage = storage
    this.#lastSeq = lastSeq
    this.outcomes = outcomes
  }

  /** Within `exclusive`: every operation up to this one is applied, and none after it. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  write<T>(write: Write<T>): Promise<T> {
    return this.#enqueue(write.sharing, async () => {
      const operations = write.prepare()
      if (operations.length === 0) return () => write.apply()
      const frees = operations.every(({ type }) => type === 'delete' || type === 'drop')
      const bytes = encodeWrite({ call: write.call, operations })
      const seq = await this.#storage.append(bytes, { frees })
      this.#lastSeq = Math.max(this.#lastSeq, seq)
      return () => this.#apply(write)
    })
  }

  /** A change that the log has and memory has not would be there again after the next open, and gone after a fold. */
  async #apply<T>(write: Write<T>): Promise<T> {
    try {
      return await write.apply()
    } catch (cause) {
      const error = new QuiverError(
        'CLOSED',
        `A write was stored, but could not be taken into memory (${toQuiverError(cause).message}). The database was closed so that it cannot be lost; open it again.`,
        { cause },
      )
      this.#storage.fail(error)
      throw error
    }
  }

  /** Runs `task` while nothing else changes. */
  exclusive<T>(task: () => T | Promise<T>): Promise<T> {
    return this.#enqueue('alone', async () => {
      const result = await task()
      return () => result
    })
  }

  /** `start` does what may run beside the rest of its group; what it answers runs when all of the group has. */
  #enqueue<T>(sharing: Queued['sharing'], start: () => Promise<() => T | Promise<T>>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = async (outcome: PromiseSettledResult<() => T | Promise<T>>): Promise<void> => {
        try {
          if (outcome.status === 'rejected') throw outcome.reason
          resolve(await outcome.value())
        } catch (error) {
          reject(toQuiverError(error))
        }
      }
      this.#waiting.push({
        sharing,
        start: async () => {
          const [outcome] = await Promise.allSettled([start()])
          return () => settle(outcome)
        },
      })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup()
      const settled = await Promise.all(group.map((item) => item.start()))
      for (const settle of settled) await settle()
    }
    this.#running = false
  }

  #nextGroup(): Queued[] {
    const end = this.#waiting.findIndex((item) => item.sharing === 'alone')
    const length = end < 0 ? this.#waiting.length : Math.max(end, 1)
    return this.#waiting.splice(0, length)
  }
}
