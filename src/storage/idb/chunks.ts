/** Chunks of snapshots: reading them, and dropping those that nobody refers to. */
import type { Checksum } from '../codec/checksum.ts'
import type { ChunkRef } from '../index.ts'
import { keyOf, nameOf, verifyChunk } from '../references.ts'
import type { Connection } from './connection.ts'
import { isLostValue } from './errors.ts'
import { readAhead } from './read-ahead.ts'
import { transact } from './transaction.ts'

const READS_AHEAD = 8

/** Chunks in the order asked for, each verified. @throws QuiverError `CORRUPT` */
export function readChunks(
  connection: Connection,
  checksum: Checksum,
  refs: readonly ChunkRef[],
): AsyncGenerator<Uint8Array> {
  return readAhead(refs, READS_AHEAD, async (ref) =>
    verifyChunk(await readValue(connection, ref), ref, checksum),
  )
}

/** Reads chunks for nothing but to see that they are whole. @throws QuiverError `CORRUPT` */
export async function verifyChunks(
  connection: Connection,
  checksum: Checksum,
  refs: readonly ChunkRef[],
): Promise<void> {
  const chunks = readChunks(connection, checksum, refs)
  while (!(await chunks.next()).done);
}

function readValue(connection: Connection, ref: ChunkRef): Promise<unknown> {
  return connection.use(async (db) => {
    try {
      return await db.get('segments', keyOf(ref))
    } catch (error) {
      if (!isLostValue(error)) throw error
      return undefined
    }
  })
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
    const keys = await db.getAllKeys('segments', IDBKeyRange.upperBound([upTo + 1], true))
    const dropped = keys.filter((key) => !names.has(nameOf(key)))
    if (dropped.length === 0) return
    await transact(db, ['segments'], 'relaxed', (store) => {
      for (const key of dropped) store('segments').delete(key)
    })
  })
}
