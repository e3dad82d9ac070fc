/**
 * A collection out of those of its chunks that are whole, where neither the generation before nor the log has the others. A
 * record is its id, its kind, its vector and its document; all else (codes, graph, columns) is made of these again.
 *
 * | damaged | what becomes of its rows |
 * |---|---|
 * | state, codes, graph, columns | nothing is lost: they are made again |
 * | kinds | a vector was made of the text where the collection embeds, else it was given |
 * | live | the last row of an id holds its record: what was deleted before the last fold may be there again |
 * | ids | the records are lost, and counted |
 * | vectors, documents | the records are quarantined: in no answer, and `get` says why, until they are written again |
 */
import type { Damage } from '../contract/api.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { type UpsertOperation, VectorKind } from '../storage/operations.ts'
import { LostRecords } from './damage.ts'
import type { SavedCollection } from './snapshot.ts'
import { CollectionState } from './state.ts'
import { type StoredRow, StoredRows } from './stored-rows.ts'
import { storedConfig } from './stored-config.ts'

/** Rows that are taken in at once. */
const BLOCK_ROWS = 2048

/** @throws QuiverError `CORRUPT` where not even the config can be one, `NEWER_FORMAT`, `OUT_OF_MEMORY` */
export async function salvage(
  engine: Engine,
  storage: Storage,
  saved: SavedCollection,
): Promise<{ readonly state: CollectionState; readonly lost: LostRecords }> {
  const state = new CollectionState(engine, storedConfig(saved.config))
  const lost = new LostRecords()
  try {
    for (const id of saved.quarantined ?? []) state.quarantined.add(id)
    const rows = await StoredRows.open(engine, storage, saved)
    for (let from = 0; from < rows.live.length; from += BLOCK_ROWS) {
      const block: StoredRow[] = []
      for (const row of rows.live.slice(from, from + BLOCK_ROWS)) block.push(await rows.read(row))
      const whole = block.filter((row) => {
        const part = damagedPart(row)
        if (part === undefined) return true
        lost.add(part, row.id)
        if (row.id !== undefined) state.quarantined.add(row.id)
        return false
      })
      state.apply(upsertOf(whole, saved))
    }
  } catch (error) {
    state.retire()
    throw error
  }
  return { state, lost }
}

/** What a record cannot be made without, and is not there. */
function damagedPart({ id, kind, vector, document }: StoredRow): Damage['part'] | undefined {
  if (id === undefined) return 'ids'
  if (document === undefined) return 'documents'
  return kind === VectorKind.none || vector ? undefined : 'vectors'
}

function upsertOf(rows: readonly StoredRow[], { number, index }: SavedCollection): UpsertOperation {
  const dimension = index?.config.dimension ?? 0
  const kinds = rows.map(({ kind }) => kind ?? VectorKind.given)
  const withVector = rows.filter((_row, n) => kinds[n] !== VectorKind.none)
  const vectors = new Float32Array(withVector.length * dimension)
  for (const [n, { vector }] of withVector.entries()) if (vector) vectors.set(vector, n * dimension)
  return {
    type: 'upsert',
    collection: number,
    ids: rows.map(({ id }) => id ?? ''),
    kinds: Uint8Array.from(kinds),
    dimension,
    vectors,
    docs: rows.map(({ document }) => document ?? '{}'),
  }
}
