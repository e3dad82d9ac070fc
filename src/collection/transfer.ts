/** A database as one file, and back. */
import type { CallOptions, Progress } from '../contract/api.ts'
import { QuiverError, type QuiverErrorCode, textOf, throwIfAborted } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import { ProgressReporter } from '../platform/progress.ts'
import { Slices } from '../platform/task.ts'
import { openArchive } from '../storage/archive/storage.ts'
import { ArchiveWriter } from '../storage/archive/writer.ts'
import { loadChecksum } from '../storage/codec/checksum.ts'
import type { ChunkRef, Manifest, Storage } from '../storage/index.ts'
import { keyOf } from '../storage/references.ts'
import { checkRecovered } from './check.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { DocumentChunk } from './documents.ts'
import type { SavedDatabase } from './folding.ts'
import { recover, type Recovered, type RecoveredCollection } from './recover.ts'
import { chunksOf, type SavedCollection, saveState } from './snapshot.ts'
import type { CollectionState } from './state.ts'

/** What there is to export. */
export interface DatabaseContents {
  readonly collections: readonly { readonly number: number; readonly state: CollectionState }[]
  readonly nextNumber: number
}

type WriteChunk = (path: string, n: number, bytes: Uint8Array) => Promise<ChunkRef>

const NOTHING: Pick<Manifest, 'chunks' | 'foldedSeq' | 'body'> = {
  chunks: [],
  foldedSeq: 0,
  body: { collections: [], nextNumber: 0 } satisfies SavedDatabase,
}

/**
 * The database as it is when every write before this call is done. What is stored is copied as it lies there, pinned, while
 * writes go on; what is in memory alone is written out of it, and writes wait for that.
 * @throws QuiverError `CORRUPT`, `ABORTED`, `CLOSED`
 */
export async function exportDatabase(
  storage: Storage,
  queue: CommitQueue,
  contents: () => DatabaseContents,
  options: CallOptions,
): Promise<Blob> {
  const writer = new ArchiveWriter(await loadChecksum())
  const body =
    storage.kind === 'memory'
      ? await queue.exclusive(() => addStates(writer, contents(), options))
      : await addStored(writer, storage, queue, options)
  return writer.finish(body)
}

async function addStored(
  writer: ArchiveWriter,
  storage: Storage,
  queue: CommitQueue,
  { signal, onProgress }: CallOptions,
): Promise<unknown> {
  const pin = await queue.exclusive(() => storage.pin())
  try {
    const { chunks, foldedSeq, body } = pin.manifest ?? NOTHING
    const progress = new ByteProgress('reading', storage.logBytes + bytesIn(chunks), onProgress)
    let n = 0
    for await (const bytes of storage.readChunks(chunks)) {
      throwIfAborted(signal)
      writer.addChunk(keyOf(chunks[n++]!), bytes)
      progress.add(bytes.byteLength)
    }
    for await (const { seq, operation } of storage.replay(foldedSeq)) {
      throwIfAborted(signal)
      if (seq > pin.lastSeq) break
      writer.addOperation(operation)
      progress.add(operation.byteLength)
    }
    progress.end()
    return body
  } finally {
    pin.release()
  }
}

async function addStates(
  writer: ArchiveWriter,
  { collections, nextNumber }: DatabaseContents,
  { signal, onProgress }: CallOptions,
): Promise<SavedDatabase> {
  const slices = new Slices(signal)
  const progress = new ByteProgress('reading', bytesOf(collections), onProgress)
  const write: WriteChunk = async (path, n, bytes) => {
    await slices.pause()
    progress.add(bytes.byteLength)
    return writer.addChunk([0, path, n], bytes)
  }
  const saved: SavedCollection[] = []
  for (const { state, number } of collections) {
    saved.push((await saveState(state, number, { write }, undefined)).saved)
  }
  progress.end()
  return { collections: saved, nextNumber }
}

/** A file that was read and found good. Its states are to be retired, or put to use. */
export interface ReadFile {
  readonly archive: Storage
  readonly recovered: Recovered
}

/**
 * Reads all of an exported file, trusting none of it.
 * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY`, `ABORTED`
 */
export async function readFile(
  engine: Engine,
  blob: Blob,
  { signal, onProgress }: CallOptions,
): Promise<ReadFile> {
  throwIfAborted(signal)
  const progress = new ByteProgress('reading', blob.size, onProgress)
  try {
    const archive = await openArchive(blob, (bytes) => {
      throwIfAborted(signal)
      progress.add(bytes)
    })
    const recovered = await recover(engine, archive)
    try {
      await checkRecovered(recovered, archive, new Slices(signal))
    } catch (error) {
      retireAll(recovered)
      throw error
    }
    progress.end()
    return { archive, recovered }
  } catch (error) {
    throw toRefusal(error)
  }
}

const REFUSALS: readonly QuiverErrorCode[] = ['CORRUPT', 'NEWER_FORMAT', 'OUT_OF_MEMORY', 'ABORTED']

/** Bytes that make no sense are refused in many places and by many names, and all of them mean the same. */
function toRefusal(error: unknown): QuiverError {
  if (error instanceof QuiverError && REFUSALS.includes(error.code)) return error
  return new QuiverError('CORRUPT', `No database can be made of the file: ${textOf(error)}`, {
    cause: error,
  })
}

export function retireAll({ collections }: Recovered): void {
  for (const { state } of collections) state.retire()
}

/** Whether nothing was ever written. */
export async function isEmpty(storage: Storage): Promise<boolean> {
  if (storage.manifest) return false
  for await (const operation of storage.replay(0)) return !operation
  return true
}

/**
 * Puts a file in the place of what `storage` holds. Nothing of it counts before all of it does.
 * @throws QuiverError `QUOTA_EXCEEDED`, `ABORTED`, `NOT_LEADER`
 */
export async function importInto(
  storage: Storage,
  { archive, recovered }: ReadFile,
  { signal, onProgress }: CallOptions,
): Promise<void> {
  const { collections, nextNumber } = recovered
  const { chunks } = archive.manifest ?? NOTHING
  const progress = new ByteProgress('writing', archive.logBytes + bytesIn(chunks), onProgress)
  const fold = storage.beginFold()
  const write: WriteChunk = async (path, n, bytes) => {
    throwIfAborted(signal)
    const ref = await fold.write(path, n, bytes)
    progress.add(bytes.byteLength)
    return ref
  }
  const before = storage.manifest
  const foldedSeq = lastSeqOf(storage)
  try {
    const saved: SavedCollection[] = []
    for (const collection of collections) saved.push(await copied(collection, archive, write))
    const body: SavedDatabase = { collections: saved, nextNumber }
    const content = { foldedSeq, chunks: saved.flatMap(chunksOf), body }
    throwIfAborted(signal)
    await fold.commit(content)
    // The generation before is kept as well, to mend damage by. Here it is another database, so this one is put there.
    if (before)
      await storage
        .beginFold()
        .commit(content)
        .catch(() => undefined)
  } catch (error) {
    await fold.abandon()
    throw error
  }
  progress.end()
}

function lastSeqOf(storage: Storage): number {
  const pin = storage.pin()
  pin.release()
  return pin.lastSeq
}

/** Writes a collection whose documents are still in the file. */
async function copied(
  { state, number }: RecoveredCollection,
  archive: Storage,
  write: WriteChunk,
): Promise<SavedCollection> {
  const documents: DocumentChunk[] = []
  for (const [n, chunk] of state.documents.chunks.entries()) {
    for await (const bytes of archive.readChunks([chunk.ref])) {
      documents.push({ ...chunk, ref: await write(`${String(number)}/documents`, n, bytes) })
    }
  }
  const { saved } = await saveState(state, number, { write }, undefined)
  return { ...saved, documents: [...documents, ...saved.documents.slice(documents.length)] }
}

/** Reports bytes: at the start, at the end, and now and then between. How many there are is a guess. */
class ByteProgress {
  readonly #phase: Progress['phase']
  readonly #total: number
  readonly #reporter: ProgressReporter
  #done = 0
  #ended = false

  constructor(phase: Progress['phase'], total: number, report: CallOptions['onProgress']) {
    this.#phase = phase
    this.#total = total
    this.#reporter = new ProgressReporter(report)
    this.add(0)
  }

  add(bytes: number): void {
    if (this.#ended) return
    this.#done = Math.min(this.#done + bytes, Math.max(0, this.#total - 1))
    this.#reporter.report(this.#phase, this.#done, this.#total)
  }

  end(): void {
    this.#ended = true
    this.#reporter.report(this.#phase, this.#total, this.#total)
  }
}

function bytesIn(chunks: readonly ChunkRef[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** About what the states take when they are saved. */
function bytesOf(collections: DatabaseContents['collections']): number {
  return collections.reduce((sum, { state: { index } }) => {
    const bytes = index?.bytes()
    return bytes ? sum + bytes.vectors + bytes.codes + bytes.graph : sum
  }, 1)
}
