/** Whether all that is stored is whole, and how well it is found. */
import type { Damage, Verification, VerifyOptions } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import { ProgressReporter } from '../platform/progress.ts'
import { Slices } from '../platform/task.ts'
import type { Storage, StorageVerification } from '../storage/index.ts'
import { savedIn } from './base.ts'
import { exactDistances, shareFound } from './calibrate.ts'
import { sampleOf } from './calibration.ts'
import type { LocalCollection } from './collection.ts'
import { collectionOf, damageOf } from './damage.ts'
import { planFor } from './search.ts'
import type { CollectionState } from './state.ts'
import { describe } from './values.ts'

const DEFAULT_SAMPLE = 100

/** Hits that recall is measured on. */
const K = 10
const AS_BY_DEFAULT = { k: K, ef: undefined, targetRecall: undefined, radius: undefined }

/** @throws QuiverError `INVALID_OPTION`, `ABORTED`, `CLOSED`, `CORRUPT` where vectors cannot be read */
export async function verify(
  collection: LocalCollection,
  { sample = DEFAULT_SAMPLE, signal, onProgress }: VerifyOptions,
): Promise<Verification> {
  if (!Number.isInteger(sample) || sample < 0) {
    throw new QuiverError(
      'INVALID_OPTION',
      `sample must be an integer of at least 0, got ${describe(sample)}.`,
    )
  }
  const progress = new ProgressReporter(onProgress)
  const { storage } = collection
  const found = await storage.verify({
    signal,
    onProgress: (done, total) => {
      progress.report('reading', done, total)
    },
  })
  const recalls = await collection.read((state) => recallsOf(state, sample, new Slices(signal)))
  const recall = recalls.reduce((sum, each) => sum + each, 0) / recalls.length
  return {
    recall: recalls.length > 0 ? recall : undefined,
    sampled: recalls.length,
    chunks: found.chunks,
    bytes: found.bytes,
    damage: damageFound(storage, found),
  }
}

/** For some of the records the share of their nearest that a search finds as it is run by default. None without a graph. */
async function recallsOf(
  state: CollectionState,
  sample: number,
  slices: Slices,
): Promise<number[]> {
  const { index } = state
  if (!index?.config.graph || sample === 0) return []
  await state.loaded()
  const recalls: number[] = []
  const rows = state.live.rows().filter((row) => state.hasVector(row))
  for (const row of sampleOf(rows, sample)) {
    const exact = exactDistances(index, row, K)
    let step = exact.next()
    for (; !step.done; step = exact.next()) await slices.pause()
    // A record on its own has no neighbours to find.
    if (step.value.length === 0) continue
    const { method, ef = K } = planFor(state, AS_BY_DEFAULT)
    const { distances } = index.searchRow(row, { k: K, ef, method })
    recalls.push(shareFound(distances, step.value, index.config.metric))
  }
  return recalls
}

function damageFound(
  { manifests }: Storage,
  { damagedChunks, damagedRecords }: StorageVerification,
): Damage[] {
  const saved = manifests.flatMap((manifest) => savedIn(manifest).collections)
  const names = new Map(saved.map(({ number, config }) => [number, config.name]))
  const done = 'They are mended when they are read, or the database is opened, next.'
  const damage = [...names].flatMap(([number, name]) => {
    const refs = damagedChunks.filter((ref) => collectionOf(ref) === number)
    return refs.length === 0 ? [] : damageOf(name, refs, done)
  })
  if (damagedRecords.length === 0) return damage
  const log: Damage = {
    part: 'log',
    collection: undefined,
    message: `Log records ${damagedRecords.join(', ')} are damaged. What they say is in memory, and is stored anew with the next fold.`,
    lost: { count: 0, ids: [] },
  }
  return [...damage, log]
}
