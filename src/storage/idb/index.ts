/** Databases in IndexedDB: open and delete. */
import { deleteDB } from 'idb'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { loadChecksum } from '../codec/checksum.ts'
import { refusesWriting } from '../codec/header.ts'
import type { Storage } from '../index.ts'
import { sweepChunks } from './chunks.ts'
import { claimLog, followLog, logPosition } from './claim.ts'
import { Connection } from './connection.ts'
import { toStorageError } from './errors.ts'
import { newestGeneration, readGenerations } from './generations.ts'
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
 * Opens the database `name`, making it where there is none; any string will do as a name.
 * @throws QuiverError `NOT_LEADER` (another tab has it open), `NEWER_FORMAT`, `CORRUPT`, `QUOTA_EXCEEDED`,
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
    const refusal = refusesWriting(connection.header)
    const generations = await connection.use((db) => readGenerations(db, checksum))
    const claim = await connection.use(async (db) => {
      const folded = generations.valid[0]?.foldedPosition ?? 0
      const position = await logPosition(db, checksum, folded)
      return refusal
        ? followLog(db, position)
        : claimLog(db, checksum, newestGeneration(generations), position)
    })
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
