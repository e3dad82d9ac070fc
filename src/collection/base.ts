/**
 * What a collection is read back on before the log is replayed: its newest snapshot, where that is whole. Where a chunk of it
 * is damaged, the generation before is taken, or nothing at all, as long as the log reaches back that far; nothing is lost
 * then. Only else the collection is salvaged.
 */
import type { Damage } from '../contract/api.ts'
import type { Engine } from '../engine/index.ts'
import type { Manifest, Storage } from '../storage/index.ts'
import { decodeWrite } from '../storage/operations.ts'
import { damagedAmong, damageOf, isDamage } from './damage.ts'
import type { SavedDatabase } from './folding.ts'
import { loadState } from './load.ts'
import { salvage } from './salvage.ts'
import { chunksOf, type SavedCollection } from './snapshot.ts'
import type { CollectionState } from './state.ts'

export interface Base {
  /** `undefined`: all there ever was of it is in the log. */
  readonly state: CollectionState | undefined
  /** Where its parts are stored; `undefined`: they are to be stored anew. */
  readonly saved: SavedCollection | undefined
  /** Operations up to this one are in it. */
  readonly seq: number
  readonly damage: readonly Damage[]
}

export function savedIn(manifest: Manifest | undefined): SavedDatabase {
  return (manifest?.body ?? { collections: [], nextNumber: 0 }) as SavedDatabase
}

/** Whatever is damaged; its vectors come later where there are codes. @throws QuiverError `NEWER_FORMAT`, `OUT_OF_MEMORY` */
export async function baseOf(
  engine: Engine,
  storage: Storage,
  saved: SavedCollection,
): Promise<Base> {
  try {
    const state = await loadState(engine, storage, saved, 'later')
    return { state, saved, seq: storage.manifest?.foldedSeq ?? 0, damage: [] }
  } catch (error) {
    if (!isDamage(error)) throw error
    return mendedBase(engine, storage, saved)
  }
}

/** For a collection that is damaged: all of it is read, now. */
export async function mendedBase(
  engine: Engine,
  storage: Storage,
  saved: SavedCollection,
): Promise<Base> {
  const { name } = saved.config
  const damaged = await damagedAmong(chunksOf(saved), storage)
  const older = await olderBase(engine, storage, saved.number)
  if (older) {
    const done = 'Nothing is lost: what was stored before and the log stand in for them.'
    return { ...older, saved: undefined, damage: damageOf(name, damaged, done) }
  }
  const { state, lost } = await salvage(engine, storage, saved)
  const done = 'The rest of the collection was written anew.'
  const damage = damageOf(name, damaged, done, lost)
  return { state, saved: undefined, seq: storage.manifest?.foldedSeq ?? 0, damage }
}

/** The collection as it was before the newest fold, where the log holds all that came since. */
async function olderBase(
  engine: Engine,
  storage: Storage,
  number: number,
): Promise<Pick<Base, 'state' | 'seq'> | undefined> {
  const [newest, older] = storage.manifests
  const seq = older?.foldedSeq ?? 0
  const saved = savedIn(older).collections.find((each) => each.number === number)
  let state: CollectionState | undefined
  try {
    const isCreated = await isCreatedIn(storage, seq, newest?.foldedSeq ?? 0, number)
    if (!saved) return isCreated ? { state, seq } : undefined
    state = await loadState(engine, storage, saved)
    // The next fold will know nothing of chunks that only this generation refers to.
    await state.documents.detach(storage)
    return { state, seq }
  } catch (error) {
    state?.retire()
    if (!isDamage(error)) throw error
    return undefined
  }
}

/** Whether it was made by an operation after `seq`. @throws QuiverError `CORRUPT` where the log does not hold all up to `upTo` */
async function isCreatedIn(
  storage: Storage,
  seq: number,
  upTo: number,
  number: number,
): Promise<boolean> {
  let isCreated = false
  for await (const { operation: bytes } of storage.replay(seq, { strict: true, upTo })) {
    for (const { type, collection } of decodeWrite(bytes).operations) {
      isCreated ||= type === 'create' && collection === number
    }
  }
  return isCreated
}
