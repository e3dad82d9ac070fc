import type { Storage } from '../storage/index.ts'
import { type UpsertOperation, VectorKind } from '../storage/operations.ts'
import type { LocalCollection } from './collection.ts'
import { DamagedChunk } from './damage.ts'
import type { CollectionState } from './state.ts'

/** Rows copied at once. */
const COPY_ROWS = 2048

/** Puts a rebuilt state in the place of a collection's own. The caller holds the queue. */
export async function rebuild(collection: LocalCollection): Promise<void> {
  const { state, number, storage } = collection
  try {
    collection.replaceState(await state.read((old) => rebuilt(old, number, storage)))
  } catch (error) {
    // Not awaited, as it takes its turn in the queue. What fails there is tried again by who reads next.
    if (error instanceof DamagedChunk) collection.mend(state).catch(() => undefined)
    throw error
  }
}

/**
 * The records of a state in a fresh one: the one way to drop dead rows, change the codes, or fill new fields. Rows are
 * numbered anew. Where it fails, the old state is as it was.
 */
export async function rebuilt(
  state: CollectionState,
  number: number,
  storage: Storage,
): Promise<CollectionState> {
  const fresh = state.emptyCopy()
  const rows = state.live.rows()
  for (const id of state.quarantined) fresh.quarantined.add(id)
  try {
    for (let from = 0; from < rows.length; from += COPY_ROWS) {
      fresh.apply(await copyRows(state, number, storage, rows.slice(from, from + COPY_ROWS)))
    }
  } catch (error) {
    fresh.retire()
    throw error
  }
  return fresh
}

async function copyRows(
  state: CollectionState,
  number: number,
  storage: Storage,
  rows: readonly number[],
): Promise<UpsertOperation> {
  const dimension = state.index?.config.dimension ?? 0
  const withVector = rows.filter((row) => state.hasVector(row))
  const vectors = new Float32Array(withVector.length * dimension)
  for (const [n, row] of withVector.entries()) {
    const vector = await state.vector(row)
    if (vector) vectors.set(vector, n * dimension)
  }
  return {
    type: 'upsert',
    collection: number,
    ids: rows.map((row) => state.ids[row] ?? ''),
    kinds: Uint8Array.from(rows, (row) => state.kinds[row] ?? VectorKind.none),
    dimension,
    vectors,
    docs: await state.documents.read(rows, storage),
  }
}
