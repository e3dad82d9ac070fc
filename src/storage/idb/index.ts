/** Databases in IndexedDB: open and delete. */
import { deleteDB } from 'idb'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { type Checksum, loadChecksum } from '../codec/checksum.ts'
import { refusesWriting } from '../codec/header.ts'
import type { Storage } from '../index.ts'
import { sweepChunks } from './chunks.ts'
import { type Claim, claimLog, followLog, logPosition } from './claim.ts'
import { Connection } from './connection.ts'
import { toStorageError } from './errors.ts'
import { type Generations, newestGeneration, readGenerations } from './generations.ts'
import { acquireLock } from './lock.ts'
import { Log } from './log.ts'
import { databaseName, type Durability } from './schema.ts'
import { IdbStorage } from './storage.ts'

/** How long a deletion waits for other tabs to let go. */
const DELETION_PATIENCE_MS = 5_000

export interface IdbStorageOptions {
  /** `strict`: an acknowledged write survives a power cut. `relaxed`: it survives the death of tab and browser. */
  readonly durability: Durability
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the database `name`, making it where there is none; any string will do as a name. Where the browser grants no
 * room at all, what is stored can be read and every write fails with `QUOTA_EXCEEDED` until it is opened again.
 * @throws QuiverError `NOT_LEADER` (another tab has it open), `NEWER_FORMAT`, `CORRUPT`, `QUOTA_EXCEEDED` (a new one),
 * `UNSUPPORTED`, `ABORTED`
 */
export async function openIdbStorage(
  name: string,
  { durability, signal }: IdbStorageOptions,
): Promise<Storage> {
  const checksum = await loadChecksum()
  let connection: Connection | undefined
  const release = await acquireLock(name, () => connection?.close(takenOver(name)), signal)
  try {
    connection = await Connection.open(name, checksum, release)
    const generations = await connection.use((db) => readGenerations(db, checksum))
    const { claim, refusal } = await takeLog(connection, checksum, generations)
    if (!refusal && generations.damaged.length === 0) {
      const kept = generations.valid.flatMap(({ chunks }) => chunks)
      await sweepChunks(connection, kept, claim.last)
    }
    throwIfAborted(signal)
    const log = new Log(connection, checksum, durability, claim)
    return new IdbStorage(connection, checksum, log, generations, refusal)
  } catch (error) {
    connection?.close(toStorageError(error, name))
    release()
    throw error
  }
}

/** Claims the log; only follows it where this version must not write, or where not even the claim finds room. */
async function takeLog(
  connection: Connection,
  checksum: Checksum,
  generations: Generations,
): Promise<{ claim: Claim; refusal: QuiverError | undefined }> {
  const folded = generations.valid[0]?.foldedPosition ?? 0
  const position = await connection.use((db) => logPosition(db, checksum, folded))
  let refusal = refusesWriting(connection.header)
  if (!refusal) {
    try {
      const generation = newestGeneration(generations)
      const claim = await connection.use((db) => claimLog(db, checksum, generation, position))
      return { claim, refusal }
    } catch (error) {
      if (!(error instanceof QuiverError) || error.code !== 'QUOTA_EXCEEDED') throw error
      refusal = error
    }
  }
  return { claim: await connection.use((db) => followLog(db, position)), refusal }
}

/**
 * Deletes the database `name`. Whoever has it open, here or in another tab, is told and closes it.
 * @throws QuiverError `NOT_LEADER` where another tab does not let go; it is then deleted as soon as that tab does
 */
export async function deleteIdbStorage(name: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const blocked = () => {
        timer = setTimeout(() => {
          reject(stillOpen(name))
        }, DELETION_PATIENCE_MS)
      }
      deleteDB(databaseName(name), { blocked }).then(resolve, reject)
    })
  } catch (error) {
    throw toStorageError(error, name)
  } finally {
    clearTimeout(timer)
  }
}

function takenOver(name: string): QuiverError {
  return new QuiverError(
    'NOT_LEADER',
    `Another tab has taken over the database "${name}". Open it again.`,
  )
}

function stillOpen(name: string): QuiverError {
  return new QuiverError(
    'NOT_LEADER',
    `The database "${name}" is open in another tab that does not answer. It is deleted as soon as that tab closes.`,
  )
}
