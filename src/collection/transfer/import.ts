/** A database out of a file. */
import type { CallOptions } from '../../contract/api.ts'
import { QuiverError, type QuiverErrorCode, textOf, throwIfAborted } from '../../contract/errors.ts'
import type { Engine } from '../../engine/index.ts'
import { Slices } from '../../platform/task.ts'
import { openArchive } from '../../storage/archive/storage.ts'
import type { Manifest, ManifestContent, Storage } from '../../storage/index.ts'
import { savedIn } from '../base.ts'
import type { SavedDatabase } from '../folding.ts'
import { recover, type Recovered } from '../recover.ts'
import { chunksOf, type ChunkWriter, type SavedCollection } from '../snapshot.ts'
import { checkBody, checkRecovered } from './check.ts'
import { bytesIn, ByteProgress, copyCollection } from './copy.ts'

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
    const recovered = await recoverFile(engine, archive, new Slices(signal))
    progress.end()
    return { archive, recovered }
  } catch (error) {
    throw toRefusal(error)
  }
}

/** What is in a file whose bytes are whole, by whomever it was made. @throws QuiverError as `readFile` */
export async function recoverFile(
  engine: Engine,
  archive: Storage,
  slices: Slices,
): Promise<Recovered> {
  try {
    checkBody(archive.manifest?.body)
    const recovered = await recover(engine, archive)
    try {
      await checkRecovered(recovered, archive, slices)
    } catch (error) {
      retireAll(recovered)
      throw error
    }
    return recovered
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
  const { collections } = recovered
  const bytes = archive.logBytes + bytesIn(archive.manifest?.chunks ?? [])
  const progress = new ByteProgress('writing', bytes, onProgress)
  const fold = storage.beginFold()
  const writer: ChunkWriter = {
    write: async (path, n, bytes) => {
      throwIfAborted(signal)
      const ref = await fold.write(path, n, bytes)
      progress.add(bytes.byteLength)
      return ref
    },
  }
  const before = storage.manifest
  const foldedSeq = lastSeqOf(storage)
  const first = unusedNumber(before, foldedSeq)
  try {
    const saved: SavedCollection[] = []
    for (const [n, { state }] of collections.entries()) {
      saved.push(await copyCollection({ state, number: first + n }, archive, writer))
    }
    const body: SavedDatabase = { collections: saved, nextNumber: first + saved.length }
    const content = { foldedSeq, chunks: saved.flatMap(chunksOf), body }
    throwIfAborted(signal)
    await fold.commit(content)
    if (before) await commitAgain(storage, content)
  } catch (error) {
    await fold.abandon()
    throw error
  }
  progress.end()
}

/**
 * The generation before is kept as well, to mend damage by: here, of another database, so this one is put in its place. The
 * import is done already, and the next fold drops the other one in any case.
 */
async function commitAgain(storage: Storage, content: ManifestContent): Promise<void> {
  await storage
    .beginFold()
    .commit(content)
    .catch(() => undefined)
}

/**
 * Above the number of every collection there has been: what is kept of another one must not stand in for one that is damaged.
 * Since the manifest at most one collection was made by each record of the log.
 */
function unusedNumber(before: Manifest | undefined, lastSeq: number): number {
  return savedIn(before).nextNumber + lastSeq - (before?.foldedSeq ?? 0)
}

function lastSeqOf(storage: Storage): number {
  const pin = storage.pin()
  pin.release()
  return pin.lastSeq
}
