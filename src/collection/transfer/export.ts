/** A database as one file. */
import type { CallOptions } from '../../contract/api.ts'
import { throwIfAborted } from '../../contract/errors.ts'
import { Slices } from '../../platform/task.ts'
import { ArchiveWriter } from '../../storage/archive/writer.ts'
import { loadChecksum } from '../../storage/codec/checksum.ts'
import type { Storage } from '../../storage/index.ts'
import { keyOf } from '../../storage/references.ts'
import type { LocalCollection } from '../collection.ts'
import type { CommitQueue } from '../commit-queue.ts'
import { isDamage } from '../damage.ts'
import type { SavedDatabase } from '../folding.ts'
import type { ChunkWriter, SavedCollection } from '../snapshot.ts'
import type { CollectionState } from '../state.ts'
import { bytesIn, ByteProgress, copyCollection } from './copy.ts'

/** What there is to export. */
export interface DatabaseContents {
  readonly collections: readonly LocalCollection[]
  readonly nextNumber: number
}

const NO_SNAPSHOT = {
  chunks: [],
  foldedSeq: 0,
  body: { collections: [], nextNumber: 0 } satisfies SavedDatabase,
}

/**
 * The database as it is when every write before this call is done. What is stored is copied as it lies there, pinned, while
 * writes go on. What is in memory alone is written out of it, and writes wait for that; so is all where a stored chunk or a
 * log record is damaged: memory may hold what was in it, and what cannot be read of it is mended first.
 * @throws QuiverError `CORRUPT`, `ABORTED`, `CLOSED`
 */
export async function exportDatabase(
  storage: Storage,
  queue: CommitQueue,
  contents: () => DatabaseContents,
  options: CallOptions,
): Promise<Blob> {
  throwIfAborted(options.signal)
  if (storage.kind !== 'memory') {
    try {
      return await exportStored(storage, queue, options)
    } catch (error) {
      if (!isDamage(error)) throw error
      for (const collection of contents().collections) await collection.read(readToTheEnd(storage))
    }
  }
  return queue.exclusive(() => exportStates(storage, contents(), options))
}

async function exportStored(
  storage: Storage,
  queue: CommitQueue,
  { signal, onProgress }: CallOptions,
): Promise<Blob> {
  const writer = new ArchiveWriter(await loadChecksum())
  const pin = await queue.exclusive(() => storage.pin())
  try {
    const { chunks, foldedSeq, body } = pin.manifest ?? NO_SNAPSHOT
    const progress = new ByteProgress('reading', storage.logBytes + bytesIn(chunks), onProgress)
    let n = 0
    for await (const bytes of storage.readChunks(chunks)) {
      throwIfAborted(signal)
      writer.addChunk(keyOf(chunks[n++]!), bytes)
      progress.add(bytes.byteLength)
    }
    const all = { strict: true, upTo: pin.lastSeq }
    for await (const { operation } of storage.replay(foldedSeq, all)) {
      throwIfAborted(signal)
      writer.addOperation(operation)
      progress.add(operation.byteLength)
    }
    progress.end()
    return writer.finish(body)
  } finally {
    pin.release()
  }
}

async function exportStates(
  storage: Storage,
  { collections, nextNumber }: DatabaseContents,
  { signal, onProgress }: CallOptions,
): Promise<Blob> {
  const archive = new ArchiveWriter(await loadChecksum())
  const slices = new Slices(signal)
  const progress = new ByteProgress('reading', bytesOf(collections), onProgress)
  const writer: ChunkWriter = {
    write: async (path, n, bytes) => {
      await slices.pause()
      progress.add(bytes.byteLength)
      return archive.addChunk([0, path, n], bytes)
    },
  }
  const saved: SavedCollection[] = []
  for (const collection of collections) {
    saved.push(await copyCollection(collection, storage, writer))
  }
  progress.end()
  return archive.finish({ collections: saved, nextNumber } satisfies SavedDatabase)
}

/** Meets whatever is damaged of what memory does not hold. */
function readToTheEnd(storage: Storage): (state: CollectionState) => Promise<void> {
  return async (state) => {
    await state.loaded()
    for (const row of state.documents.chunks.map(({ firstRow }) => firstRow)) {
      await state.documents.read([row], storage)
    }
  }
}

/** About what the collections take when they are saved. */
function bytesOf(collections: readonly LocalCollection[]): number {
  return collections.reduce((sum, { state: { index } }) => {
    const bytes = index?.bytes()
    return bytes ? sum + bytes.vectors + bytes.codes + bytes.graph : sum
  }, 1)
}
