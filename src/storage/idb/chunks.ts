/** Chunks of snapshots: reading them, and dropping those that nobody refers to. */
import type { ChunkRef } from '../index.ts'
import { type ChunkKey, isChunk, keyOf, nameOf, requireChunk } from '../references.ts'
import type { Connection } from './connection.ts'
import { readAhead } from './read-ahead.ts'
import { read, readValue } from './read.ts'
import { transact } from './transaction.ts'

export const READS_AHEAD = 8

/** The chunk as it was written; `undefined` where it is damaged or missing. */
export async function readChunk(
  connection: Connection,
  ref: ChunkRef,
): Promise<Uint8Array | undefined> {
  const value = await connection.use((db) => readValue(db, 'segments', keyOf(ref)))
  if (!(value instanceof Uint8Array)) return undefined
  const chunk = await connection.cipher.open(value, placeOf(ref))
  return isChunk(chunk, ref, connection.checksum) ? chunk : undefined
}

/** Where a chunk is stored, as its encryption binds it. */
export function placeOf(ref: ChunkRef): string {
  return `segments ${nameOf(keyOf(ref))}`
}

/** Chunks in the order asked for, each verified. @throws QuiverError `CORRUPT` */
export function readChunks(
  connection: Connection,
  refs: readonly ChunkRef[],
): AsyncGenerator<Uint8Array> {
  return readAhead(refs, READS_AHEAD, async (ref) =>
    requireChunk(await readChunk(connection, ref), ref),
  )
}

/** Reads chunks for nothing but to see that they are whole. @throws QuiverError `CORRUPT` */
export async function verifyChunks(
  connection: Connection,
  refs: readonly ChunkRef[],
): Promise<void> {
  const chunks = readChunks(connection, refs)
  while (!(await chunks.next()).done);
}

/**
 * Drops every chunk of a generation up to `upTo` that is not among `kept`. Later generations belong to a writer that
 * has taken over, if to anyone.
 */
export async function sweepChunks(
  connection: Connection,
  kept: Iterable<ChunkRef>,
  upTo: number,
): Promise<void> {
  const names = new Set(Array.from(kept, (ref) => nameOf(keyOf(ref))))
  await connection.use(async (db) => {
    const range = IDBKeyRange.upperBound([upTo + 1], true)
    const [keys] = await read<[IDBValidKey[]]>(db, ['segments'], (store) => [
      store('segments').getAllKeys(range),
    ])
    const dropped = keys.filter((key) => !names.has(nameOf(key as ChunkKey)))
    if (dropped.length === 0) return
    await transact(db, ['segments'], 'relaxed', (store) => {
      for (const key of dropped) store('segments').delete(key)
    })
  })
}
