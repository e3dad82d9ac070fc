/** The log, replayed on what collections were read back from. */
import type { Damage } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import {
  decodeWrite,
  type LoggedWrite,
  type Operation,
  type UpsertOperation,
} from '../storage/operations.ts'
import type { Base } from './base.ts'
import { NOTHING, type Outcomes, withOperation } from './outcomes.ts'
import { LostRecords } from './damage.ts'
import type { RecoveredCollection, RecoveryMode } from './recover.ts'
import { CollectionState } from './state.ts'
import { storedConfig } from './stored-config.ts'

export class Replay {
  readonly collections = new Map<number, RecoveredCollection>()
  readonly damage: Damage[] = []
  readonly outcomes: Outcomes
  /** Of the last operation. */
  lastSeq: number
  nextNumber = 0
  readonly #engine: Engine
  readonly #foldedSeq: number
  readonly #mode: RecoveryMode
  /** The last operation that is in what a collection was read back from, by number; of others it is `#foldedSeq`. */
  readonly #bases = new Map<number, number>()
  readonly #lost = new LostRecords()

  constructor(engine: Engine, foldedSeq: number, mode: RecoveryMode, outcomes: Outcomes) {
    this.#engine = engine
    this.#foldedSeq = foldedSeq
    this.#mode = mode
    this.outcomes = outcomes
    this.lastSeq = foldedSeq
  }

  begin(number: number, { state, saved, seq, damage }: Base): void {
    const isRewritten = saved === undefined
    if (state) this.collections.set(number, { number, state, saved, isRewritten })
    this.#bases.set(number, seq)
    this.damage.push(...damage)
  }

  /** @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY` */
  async run(storage: Storage): Promise<void> {
    const first = Math.min(this.#foldedSeq, ...this.#bases.values())
    for await (const { seq, operation } of storage.replay(first)) {
      this.#take(seq, decodeWrite(operation))
    }
    if (this.#lost.parts.length === 0) return
    this.damage.push({
      part: 'log',
      collection: undefined,
      message: 'Some of the log cannot be understood any more, as what came before it is lost.',
      lost: this.#lost.of('log'),
    })
  }

  #take(seq: number, { call, operations }: LoggedWrite): void {
    let outcome = NOTHING
    for (const operation of operations) {
      if (seq <= (this.#bases.get(operation.collection) ?? this.#foldedSeq)) continue
      const before = this.#count(operation)
      this.#apply(operation)
      outcome = withOperation(outcome, operation, this.#count(operation) - before)
    }
    if (seq <= this.#foldedSeq) return
    this.outcomes.keep(call, outcome)
    this.lastSeq = seq
  }

  #count({ collection }: Operation): number {
    return this.collections.get(collection)?.state.count ?? 0
  }

  #apply(operation: Operation): void {
    const number = operation.collection
    const before = this.collections.get(number)
    if (operation.type === 'create') {
      const state = new CollectionState(this.#engine, storedConfig(operation.config))
      before?.state.retire()
      // Its chunks, if there are any, are not those it came from.
      const isRewritten = this.#bases.has(number)
      this.collections.set(number, { number, state, saved: undefined, isRewritten })
      this.nextNumber = Math.max(this.nextNumber, number + 1)
    } else if (operation.type === 'drop') {
      before?.state.retire()
      this.collections.delete(number)
    } else if (operation.type === 'upsert' && !(before && fits(before.state, operation))) {
      this.#lose(operation)
    } else {
      before?.state.apply(operation)
    }
  }

  /** Without the operations that made the collection what it was for this one. */
  #lose({ ids }: UpsertOperation): void {
    if (this.#mode === 'strict') {
      throw new QuiverError('CORRUPT', 'The log writes to a collection that cannot take it.')
    }
    for (const id of ids) this.#lost.add('log', id)
  }
}

/** Whether the vectors are as long as the others; where nothing says how long those are, it says so from now on. */
function fits(
  state: CollectionState,
  { collection, dimension, vectors }: UpsertOperation,
): boolean {
  if (vectors.length === 0) return true
  const known = state.index?.config.dimension ?? state.config.dimension
  if (known === undefined) {
    const config = { ...state.config, dimension }
    state.apply({ type: 'configure', collection, config })
  }
  return known === undefined || known === dimension
}
