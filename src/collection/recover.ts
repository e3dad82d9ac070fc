import { QuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { decodeWrite, type Operation } from '../storage/operations.ts'
import type { SavedDatabase } from './folding.ts'
import { NOTHING, Outcomes, withOperation } from './outcomes.ts'
import { rebuilt } from './rebuild.ts'
import { loadState } from './load.ts'
import type { SavedCollection } from './snapshot.ts'
import { CollectionState } from './state.ts'
import { storedConfig } from './stored-config.ts'

export interface RecoveredCollection {
  readonly number: number
  readonly state: CollectionState
  /** Where its parts are stored, as of the last fold; `undefined`: not yet, or not as they are now. */
  readonly saved: SavedCollection | undefined
  /** Whether it was written anew and has yet to be stored so. */
  readonly isRewritten: boolean
}

/** A database as it was when its last acknowledged write was. */
export interface Recovered {
  readonly collections: readonly RecoveredCollection[]
  readonly nextNumber: number
  readonly lastSeq: number
  readonly outcomes: Outcomes
}

/** The snapshot of the newest manifest, then the log after it. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export async function recover(engine: Engine, storage: Storage): Promise<Recovered> {
  const collections = new Map<number, RecoveredCollection>()
  try {
    return await readInto(collections, engine, storage)
  } catch (error) {
    for (const { state } of collections.values()) state.retire()
    if (error instanceof QuiverError) throw error
    // Whole bytes that make no sense fail in many places, and all of them mean the same.
    throw new QuiverError('CORRUPT', 'What is stored is not what a database can be made of.', {
      cause: error,
    })
  }
}

async function readInto(
  collections: Map<number, RecoveredCollection>,
  engine: Engine,
  storage: Storage,
): Promise<Recovered> {
  const { manifest } = storage
  const body = (manifest?.body ?? { collections: [], nextNumber: 0 }) as SavedDatabase
  for (const saved of body.collections) {
    const state = await loadState(engine, storage, saved)
    collections.set(saved.number, { number: saved.number, state, saved, isRewritten: false })
  }
  let { nextNumber } = body
  const outcomes = new Outcomes(body.outcomes)
  let lastSeq = manifest?.foldedSeq ?? 0
  for await (const { seq, operation: bytes } of storage.replay(lastSeq)) {
    const { call, operations } = decodeWrite(bytes)
    let outcome = NOTHING
    for (const operation of operations) {
      const before = countOf(collections, operation)
      replay(engine, collections, operation)
      outcome = withOperation(outcome, operation, countOf(collections, operation) - before)
      if (operation.type === 'create') nextNumber = Math.max(nextNumber, operation.collection + 1)
    }
    outcomes.keep(call, outcome)
    lastSeq = seq
  }
  for (const [number, { state }] of collections) {
    if (!state.isStale) continue
    collections.set(number, {
      number,
      state: await rebuilt(state, number, storage),
      saved: undefined,
      isRewritten: true,
    })
    state.retire()
  }
  return { collections: [...collections.values()], nextNumber, lastSeq, outcomes }
}

function countOf(
  collections: ReadonlyMap<number, RecoveredCollection>,
  { collection }: Operation,
): number {
  return collections.get(collection)?.state.count ?? 0
}

function replay(
  engine: Engine,
  collections: Map<number, RecoveredCollection>,
  operation: Operation,
): void {
  const number = operation.collection
  if (operation.type === 'create') {
    const state = new CollectionState(engine, storedConfig(operation.config))
    collections.set(number, { number, state, saved: undefined, isRewritten: false })
  } else if (operation.type === 'drop') {
    collections.get(number)?.state.retire()
    collections.delete(number)
  } else {
    collections.get(number)?.state.apply(operation)
  }
}
