/** Databases in IndexedDB: open and delete. */
import { deleteDB } from 'idb'
import type { EncryptionOptions } from '../../contract/api.ts'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { loadChecksum } from '../codec/checksum.ts'
import { refusesWriting } from '../codec/header.ts'
import type { Storage, StorageDamage } from '../index.ts'
import { claimLog, type LogEnd, readLogEnd } from './claim.ts'
import { Connection } from './connection.ts'
import { isFull, toStorageError } from './errors.ts'
import { type Generations, newestGeneration, readGenerations } from './generations.ts'
import { renewJournal } from './journal.ts'
import { acquireLock } from './lock.ts'
import { type Hold, Log } from './log.ts'
import { databaseName, type Durability } from './schema.ts'
import { Snapshots } from './snapshots.ts'
import { IdbStorage } from './storage.ts'

export { requireIdbKey } from './connection.ts'
export { isStored } from './database.ts'

/** How long a deletion waits for other tabs to let go. */
const DELETION_PATIENCE_MS = 5_000

/** How long one takes at most. Behind a deletion that is held up it hears of no tab that holds it up. */
const DELETION_MS = 30_000

/** How often an open tries to be the next writer, where others come before it. */
const ATTEMPTS = 20

export interface IdbStorageOptions {
  /** `strict`: an acknowledged write survives a power cut. `relaxed`: it survives the death of tab and browser. */
  readonly durability: Durability
  /** Encrypts a new database; one that is there opens with the key or passphrase it was made with. */
  readonly encryption?: EncryptionOptions | undefined
  readonly signal?: AbortSignal | undefined
  /** Default `wait`: until whoever has it open lets go, for a while. `steal`: from one that is known not to answer. */
  readonly lock?: 'wait' | 'steal' | undefined
}

/**
 * Opens the database `name`, making it where there is none; any string will do as a name. Where the browser grants no
 * room at all, what is stored can be read and every write fails with `QUOTA_EXCEEDED` until there is some again.
 * @throws QuiverError `NOT_LEADER` (another tab has it open), `NEWER_FORMAT`, `CORRUPT`, `QUOTA_EXCEEDED` (a new one),
 * `CLOSED` (it is being deleted, and another tab does not let go of it), `UNSUPPORTED`, `ABORTED`, `WRONG_KEY`,
 * `OPTIONS_MISMATCH` (a key for what is not encrypted)
 */
export async function openIdbStorage(
  name: string,
  { durability, encryption, signal, lock = 'wait' }: IdbStorageOptions,
): Promise<Storage> {
  const checksum = await loadChecksum()
  let connection: Connection | undefined
  const held = { isLost: false }
  const onLost = (): void => {
    held.isLost = true
    connection?.close(takenOver(name))
  }
  const release = await acquireLock(name, onLost, signal, lock)
  try {
    connection = await Connection.open(name, checksum, encryption, release)
    if (held.isLost) throw takenOver(name)
    const { generations, mended, end, hold, refusal } = await takeLog(connection)
    const log = new Log(connection, durability, end, hold)
    const snapshots = new Snapshots(connection, log, generations)
    if (hold === 'claimed') {
      await snapshots.sweep()
      await log.keepSpare()
    }
    throwIfAborted(signal)
    const damage = damageAtOpen(connection, generations, mended)
    return new IdbStorage(connection, log, snapshots, refusal, damage)
  } catch (error) {
    connection?.close(toStorageError(error, name))
    release()
    throw error
  }
}

interface Taken {
  readonly generations: Generations
  /** Epochs whose claim was damaged. */
  readonly mended: readonly number[]
  readonly end: LogEnd
  readonly hold: Hold
  readonly refusal: QuiverError | undefined
}

/** Claims the log; only follows it where this version must not write, or where not even the claim finds room. */
async function takeLog(connection: Connection): Promise<Taken> {
  const refusal = refusesWriting(connection.header)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const read = await readLogEnd(connection)
    const generations = await readGenerations(connection)
    const end = {
      ...read,
      // Should the log be gone, numbering goes on from the newest generation and no number comes twice.
      last: Math.max(read.last, newestGeneration(generations)),
      position: Math.max(read.position, generations.valid[0]?.foldedPosition ?? 0),
    }
    const found = { generations, mended: [...read.mended.keys()], refusal }
    if (refusal) return { ...found, end, hold: 'unclaimed' }
    try {
      await renewJournal(connection)
      const claimed = await claimLog(connection, end)
      if (claimed) return { ...found, end: claimed, hold: 'claimed' }
    } catch (error) {
      if (!isFull(error)) throw error
      return { ...found, end, hold: 'no room' }
    }
  }
  throw takenOver(connection.name)
}

function damageAtOpen(
  { headerDamaged }: Connection,
  { damaged }: Generations,
  mended: readonly number[],
): StorageDamage[] {
  const header = 'One of the two headers is damaged; the other stands in for it.'
  const manifest = (generation: number) =>
    `The manifest of generation ${generation} is damaged; the one before and the log stand in for it.`
  const claim = (epoch: number) =>
    `The place of the claim of epoch ${epoch} is damaged; it was found in the log.`
  return [
    ...(headerDamaged ? [{ part: 'header', message: header, lost: 0 } as const] : []),
    ...damaged.map((n) => ({ part: 'manifest', message: manifest(n), lost: 0 }) as const),
    ...mended.map((n) => ({ part: 'log', message: claim(n), lost: 0 }) as const),
  ]
}

/**
 * Deletes the database `name`. Whoever has it open, here or in another tab, is told and closes it.
 * @throws QuiverError `NOT_LEADER` where another tab does not let go; it is then deleted as soon as that tab does
 */
export async function deleteIdbStorage(name: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const giveUpAfter = (ms: number) => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          reject(stillOpen(name))
        }, ms)
      }
      const blocked = () => {
        giveUpAfter(DELETION_PATIENCE_MS)
      }
      giveUpAfter(DELETION_MS)
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
