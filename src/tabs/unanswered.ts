import type { CallOptions } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { TabCalls, TabMethod } from '../contract/tabs.ts'
import { QuiverError, throwIfAborted, toQuiverError } from '../contract/errors.ts'
import type { Asked, Way } from './asked.ts'

/** The calls of this tab that nobody has answered yet, oldest first. They outlive the leader they were sent to. */
export class Unanswered {
  readonly #calls = new Map<number, Asked>()
  readonly #way: () => Way | undefined
  readonly #allAnswered: () => void
  #next = 1

  /** @param way where calls go now, if anywhere */
  constructor(way: () => Way | undefined, allAnswered: () => void) {
    this.#way = way
    this.#allAnswered = allAnswered
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0
  }

  ask<M extends TabMethod>(
    method: M,
    args: Parameters<TabCalls[M]>,
    options: CallOptions,
    embedder: Embedder | undefined,
  ): Promise<ReturnType<TabCalls[M]>> {
    return new Promise((resolve, reject) => {
      throwIfAborted(options.signal)
      const n = this.#next++
      const settled = (): void => {
        options.signal?.removeEventListener('abort', stop)
        this.#calls.delete(n)
        if (this.isEmpty) this.#allAnswered()
      }
      const call: Asked = {
        n,
        method,
        args,
        options,
        embedder,
        isUsedUp: false,
        resolve: (value) => {
          settled()
          resolve(value as ReturnType<TabCalls[M]>)
        },
        reject: (error) => {
          settled()
          reject(toQuiverError(error))
        },
      }
      const stop = (): void => {
        // With nobody there to be told, it ends here.
        if (!this.#way()) call.reject(aborted())
      }
      options.signal?.addEventListener('abort', stop)
      this.#calls.set(n, call)
      this.#send(call)
    })
  }

  /** To a new leader. */
  sendAgain(): void {
    for (const call of [...this.#calls.values()]) {
      if (call.options.signal?.aborted) call.reject(aborted())
      else this.#send(call)
    }
  }

  rejectAll(error: QuiverError): void {
    for (const call of [...this.#calls.values()]) call.reject(error)
  }

  #send(call: Asked): void {
    const [heard = call.n] = this.#calls.keys()
    this.#way()?.send(call, heard)
  }
}

function aborted(): QuiverError {
  return new QuiverError('ABORTED', 'The call was aborted by its signal.')
}
