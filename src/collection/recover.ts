/** A database as it was when its last acknowledged write was: its snapshot, then the log after it. */
import type { Damage } from '../contract/api.ts'
import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { baseOf, mendedBase, savedIn } from './base.ts'
import { loadState } from './load.ts'
import { Outcomes } from './outcomes.ts'
import { rebuilt } from './rebuild.ts'
import { Replay } from './replay.ts'
import type { SavedCollection } from './snapshot.ts'
import type { CollectionState } from './state.ts'

export interface RecoveredCollection {
  readonly number: number
  readonly state: CollectionState
  /** Where its parts are stored, as of the last fold; `undefined`: not yet, or not as they are now. */
  readonly saved: SavedCollection | undefined
  /** Whether it was written anew and has yet to be stored so. */
  readonly isRewritten: boolean
}

export interface Recovered {
  readonly collections: readonly RecoveredCollection[]
  readonly nextNumber: number
  readonly lastSeq: number
  readonly outcomes: Outcomes
  /** What was damaged. */
  readonly damage: readonly Damage[]
}

/** `strict`: damage is an error. `mending`: what can be saved is, and vectors that codes stand in for are read later. */
export type RecoveryMode = 'strict' | 'mending'

/** @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY` */
export async function recover(
  engine: Engine,
  storage: Storage,
  mode: RecoveryMode = 'strict',
): Promise<Recovered> {
  const { manifest } = storage
  const body = savedIn(manifest)
  const foldedSeq = manifest?.foldedSeq ?? 0
  const replay = new Replay(engine, foldedSeq, mode, new Outcomes(body.outcomes))
  return retiringOnError(replay, mode, async () => {
    for (const saved of body.collections) {
      const base =
        mode === 'mending'
          ? await baseOf(engine, storage, saved)
          : { state: await loadState(engine, storage, saved), saved, seq: foldedSeq, damage: [] }
      replay.begin(saved.number, base)
    }
    await replay.run(storage)
    for (const number of replay.collections.keys()) {
      await writeAnewIfStale(replay, number, storage, mode)
    }
    const { collections, outcomes, lastSeq, damage } = replay
    const nextNumber = Math.max(body.nextNumber, replay.nextNumber)
    return { collections: [...collections.values()], nextNumber, lastSeq, outcomes, damage }
  })
}

/**
 * One collection anew, after some of what is stored of it turned out damaged. Nothing may change meanwhile.
 * @throws QuiverError `CORRUPT`, `OUT_OF_MEMORY`
 */
export async function recoverCollection(
  engine: Engine,
  storage: Storage,
  number: number,
): Promise<{ readonly state: CollectionState; readonly damage: readonly Damage[] }> {
  const saved = savedIn(storage.manifest).collections.find((each) => each.number === number)
  // The log alone is of interest, and of it this collection.
  const replay = new Replay(engine, Infinity, 'mending', new Outcomes())
  return retiringOnError(replay, 'mending', async () => {
    if (saved) replay.begin(number, await mendedBase(engine, storage, saved))
    await replay.run(storage)
    await writeAnewIfStale(replay, number, storage, 'mending')
    const state = replay.collections.get(number)?.state
    if (state) return { state, damage: replay.damage }
    throw new QuiverError('CORRUPT', 'A damaged collection is not where it was stored.')
  })
}

/** Fields or codes that were asked for last and are not there yet. */
async function writeAnewIfStale(
  replay: Replay,
  number: number,
  storage: Storage,
  mode: RecoveryMode,
): Promise<void> {
  const state = replay.collections.get(number)?.state
  if (!state?.isStale) return
  try {
    const fresh = await rebuilt(state, number, storage)
    state.retire()
    replay.collections.set(number, { number, state: fresh, saved: undefined, isRewritten: true })
  } catch (error) {
    if (mode === 'strict') throw error
    const { message } = toQuiverError(error)
    const { name } = state.config
    replay.damage.push({
      part: 'columns',
      collection: name,
      message: `Collection "${name}" has yet to be written anew with the fields and quantization it was opened with, and could not be: ${message} It is as it was before.`,
      lost: { count: 0, ids: [] },
    })
  }
}

async function retiringOnError<T>(
  replay: Replay,
  mode: RecoveryMode,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    for (const { state } of replay.collections.values()) state.retire()
    if (error instanceof QuiverError) throw error
    throw mode === 'strict' ? senseless(error) : toFailure(error)
  }
}

/** Whole bytes of a file that make no sense fail in many places, and all of them mean the same. */
function senseless(cause: unknown): QuiverError {
  const message = 'What is stored is not what a database can be made of.'
  return new QuiverError('CORRUPT', message, { cause })
}

/** What Quiver stored itself makes sense. Nobody is to think that it is damaged, and delete it, because a tab was short of memory. */
function toFailure(cause: unknown): QuiverError {
  const isAllocation = cause instanceof RangeError && /alloc|out of memory/i.test(cause.message)
  if (!isAllocation) return toQuiverError(cause)
  return new QuiverError(
    'OUT_OF_MEMORY',
    'The browser has no memory left to open the database. Nothing of it is lost. Close other tabs, and open it again.',
    { cause },
  )
}
