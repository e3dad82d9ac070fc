import type { CallOptions } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { BatchPart, TabMethod } from '../contract/tabs.ts'

/** A call of this tab from the moment it is made until it is answered, by whomever leads then. */
export interface Asked {
  /** Counts the calls of this tab; with the member's name it is the call's, in the log too. */
  readonly n: number
  readonly method: TabMethod
  readonly args: readonly unknown[]
  readonly options: CallOptions
  readonly embedder: Embedder | undefined
  /** Its parts were given away, to be held once: from now on it can only be asked whether they were written. */
  isUsedUp: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Where this tab's calls go: to its own database, or to the leader's tab. */
export interface Way {
  /** `heard`: every call below it has been answered. */
  send(call: Asked, heard: number): void
}

/** The parts of a write, as far as they are still there. */
export function partsOf({ method, args, isUsedUp }: Asked): readonly BatchPart[] | undefined {
  return method === 'upsert' && !isUsedUp ? (args[1] as readonly BatchPart[]) : undefined
}
