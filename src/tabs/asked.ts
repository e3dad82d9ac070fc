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
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Where this tab's calls go: to its own database, or to the leader's tab. */
export interface Way {
  /** `heard`: every call below it has been answered. */
  send(call: Asked, heard: number): void
}

/** The parts of a write; `undefined` where they were used up by a try that may have come through. */
export function partsOf({ method, args }: Asked): readonly BatchPart[] | undefined {
  if (method !== 'upsert') return undefined
  const parts = args[1] as readonly BatchPart[]
  return parts.length > 0 ? parts : undefined
}
