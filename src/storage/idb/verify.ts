/** Reading back all that is stored, to see that it is whole. */
import { throwIfAborted } from '../../contract/errors.ts'
import type { ChunkRef, Manifest, StorageVerification, VerifyStorageOptions } from '../index.ts'
import { distinctChunks } from '../references.ts'
import { READS_AHEAD, readChunk } from './chunks.ts'
import type { Connection } from './connection.ts'
import { readAhead } from './read-ahead.ts'
import { readRecords } from './replay.ts'

/** What is to be read: the chunks of these manifests, and records `after + 1` to `upTo`. */
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
  for await (const { seq, record, bytes: length } of readRecords(connection, after, upTo)) {
    if (record) found(length)
    else damagedRecords.push(seq)
  }
  onProgress?.(total, total)
  return { chunks, bytes, damagedChunks, damagedRecords }
}
