import { type CallId, type Operation } from '../storage/operations.ts'

/** What a write did to the records. The same whether it is applied now or replayed from the log. */
export interface Outcome {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
}

export const NOTHING: Outcome = { inserted: 0, updated: 0, deleted: 0 }

/** `before`, and an operation that made the collection grow by so many records. */
export function withOperation(before: Outcome, operation: Operation, growth: number): Outcome {
  if (operation.type === 'delete') return { ...before, deleted: before.deleted - growth }
  if (operation.type !== 'upsert') return before
  const updated = before.updated + operation.ids.length - growth
  return { ...before, inserted: before.inserted + growth, updated }
}

/** As the manifest holds it, in JSON: callers in hexadecimal, and their calls. */
export type SavedOutcomes = readonly (readonly [caller: string, calls: readonly SavedCall[]])[]
type SavedCall = readonly [n: number, inserted: number, updated: number, deleted: number]

/**
 * What the calls did whose callers may not have heard of it yet: one that is sent again, because the tab that was to answer
 * it is gone, is answered from here and not done twice.
 */
export class Outcomes {
  readonly #callers = new Map<bigint, Map<bigint, Outcome>>()

  constructor(saved: SavedOutcomes = []) {
    for (const [caller, calls] of saved) {
      for (const [n, inserted, updated, deleted] of calls) {
        const call = { caller: BigInt(`0x${caller}`), n: BigInt(n) }
        this.keep(call, { inserted, updated, deleted })
      }
    }
  }

  get callers(): readonly bigint[] {
    return [...this.#callers.keys()]
  }

  get({ caller, n }: CallId): Outcome | undefined {
    return this.#callers.get(caller)?.get(n)
  }

  keep(call: CallId | undefined, outcome: Outcome): void {
    if (!call) return
    const calls = this.#callers.get(call.caller) ?? new Map<bigint, Outcome>()
    this.#callers.set(call.caller, calls.set(call.n, outcome))
  }

  /** The caller has the answers of all its calls below `n`. */
  heard(caller: bigint, below: bigint): void {
    const calls = this.#callers.get(caller)
    for (const n of calls?.keys() ?? []) if (n < below) calls?.delete(n)
    if (calls?.size === 0) this.#callers.delete(caller)
  }

  /** The caller is gone, and will not ask. */
  forget(caller: bigint): void {
    this.#callers.delete(caller)
  }

  saved(): SavedOutcomes {
    return [...this.#callers].map(([caller, calls]) => [
      caller.toString(16),
      [...calls].map(([n, { inserted, updated, deleted }]): SavedCall => [
        Number(n),
        inserted,
        updated,
        deleted,
      ]),
    ])
  }
}
