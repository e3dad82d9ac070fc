/** Reading back all that is stored, to see that it is whole. */
import { throwIfAborted } from '../../contract/errors.ts'
import type { ChunkRef, Manifest, StorageVerification, VerifyStorageOptions } from '../index.ts'
import { distinctChunks } from '../references.ts'
import { READS_AHEAD, readChunk } from './chunks.ts'
import type { Connection } from './connection.ts'
import { readAhead } from './read-ahead.ts'
import { read } from './read.ts'
import { readRecords } from './replay.ts'

/** What is to be read: the chunks of these manifests, records `after + 1` to `upTo`, and those that are kept before. */
interface Stored {
  readonly manifests: readonly Manifest[]
  readonly after: number
  readonly upTo: number
  /** Bytes in all. */
  readonly total: number
}

export async function verifyStored(
  connection: Connection,
  { manifests, after, upTo, total }: Stored,
  { signal, onProgress }: VerifyStorageOptions,
): Promise<StorageVerification> {
  const damagedChunks: ChunkRef[] = []
  const damagedRecords: number[] = []
  let chunks = 0
  let bytes = 0
  const found = (whole: number): void => {
    throwIfAborted(signal)
    chunks++
    bytes += whole
    onProgress?.(Math.min(bytes, total), total)
  }

  throwIfAborted(signal)
  onProgress?.(0, total)
  const looked = readAhead(distinctChunks(manifests), READS_AHEAD, async (ref) => ({
    ref,
    chunk: await readChunk(connection, ref),
  }))
  for await (const { ref, chunk } of looked) {
    if (chunk) found(ref.bytes)
    else damagedChunks.push(ref)
  }
  const kept = await keptBefore(connection, after)
  for (const [first, last] of [...kept, [after + 1, upTo] as const]) {
    const records = readRecords(connection, first - 1, last)
    for await (const { seq, record, bytes: length } of records) {
      if (record) found(length)
      else damagedRecords.push(seq)
    }
  }
  onProgress?.(total, total)
  return { chunks, bytes, damagedChunks, damagedRecords }
}

/** Stretches of records up to `upTo` that are there: claims, and what nobody has trimmed yet. */
async function keptBefore(connection: Connection, upTo: number): Promise<[number, number][]> {
  const range = IDBKeyRange.upperBound(upTo)
  const [keys] = await connection.use((db) =>
    read<[IDBValidKey[]]>(db, ['log'], (store) => [store('log').getAllKeys(range)]),
  )
  const stretches: [first: number, last: number][] = []
  for (const seq of keys as number[]) {
    const before = stretches.at(-1)
    if (before && before[1] === seq - 1) before[1] = seq
    else stretches.push([seq, seq])
  }
  return stretches
}
