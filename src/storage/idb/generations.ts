/** The kept generations of snapshots: which of them counts when a database is opened, and what a new one replaces. */
import { QuiverError } from '../../contract/errors.ts'
import { decodeManifest, type StoredManifest } from '../codec/manifest.ts'
import type { Connection } from './connection.ts'
import { read, readValue } from './read.ts'

export interface Generations {
  /** Newest first; those that verify. The first one counts. */
  readonly valid: readonly StoredManifest[]
  /** Numbers of those that are damaged. */
  readonly damaged: readonly number[]
}

/**
 * Reads all manifests, of which there are two at most.
 * @throws QuiverError `CORRUPT` when none can be read and the log does not go back to the beginning, `NEWER_FORMAT`
 */
export async function readGenerations(connection: Connection): Promise<Generations> {
  const [keys] = await connection.use((db) =>
    read<[IDBValidKey[]]>(db, ['manifest'], (store) => [store('manifest').getAllKeys()]),
  )
  const valid: StoredManifest[] = []
  const damaged: number[] = []
  for (const generation of (keys as number[]).reverse()) {
    const manifest = await readManifest(connection, generation)
    if (manifest) valid.push(manifest)
    else damaged.push(generation)
  }
  const areLost = damaged.length > 0 || (valid.length === 0 && (await hasChunks(connection)))
  if (areLost && valid.length === 0 && !(await isLogWhole(connection))) {
    throw new QuiverError(
      'CORRUPT',
      'The kept snapshots of this database are damaged or missing, and the log does not reach back to its beginning. Restore it from an export, or delete it.',
    )
  }
  return { valid, damaged }
}

async function readManifest(
  connection: Connection,
  generation: number,
): Promise<StoredManifest | undefined> {
  const value = await connection.use((db) => readValue(db, 'manifest', generation))
  if (!(value instanceof Uint8Array)) return undefined
  const bytes = await connection.cipher.open(value, placeOfManifest(generation))
  try {
    return decodeManifest(bytes, generation, connection.checksum)
  } catch (error) {
    if (error instanceof QuiverError && error.code === 'CORRUPT') return undefined
    throw error
  }
}

/** Where a manifest is stored, as its encryption binds it. */
export function placeOfManifest(generation: number): string {
  return `manifest ${generation}`
}

/** Number of the newest generation, damaged or not; 0 where there is none. */
export function newestGeneration({ valid, damaged }: Generations): number {
  return Math.max(0, ...valid.map(({ generation }) => generation), ...damaged)
}

/** Whether there is anything of a snapshot, be it one that was never committed. */
async function hasChunks(connection: Connection): Promise<boolean> {
  const [key] = await connection.use((db) =>
    read<[IDBValidKey | undefined]>(db, ['segments'], (store) => [
      store('segments').getKey(IDBKeyRange.lowerBound(0)),
    ]),
  )
  return key !== undefined
}

/** Whether nothing was ever trimmed from the log. */
async function isLogWhole(connection: Connection): Promise<boolean> {
  const [records, newest] = await connection.use((db) =>
    read<[number, IDBCursor | null]>(db, ['log'], (store) => [
      store('log').count(),
      store('log').openKeyCursor(null, 'prev'),
    ]),
  )
  return records === (newest?.key ?? 0)
}

/**
 * Stretches of log that hold no claim, from `after` (exclusive) to `upTo` (inclusive).
 * @param claims sequence numbers, ascending
 */
export function stretchesBetween(
  claims: readonly number[],
  after: number,
  upTo: number,
): [first: number, last: number][] {
  const stretches: [number, number][] = []
  let first = after + 1
  for (const claim of [...claims.filter((seq) => seq > after && seq <= upTo), upTo + 1]) {
    if (first < claim) stretches.push([first, claim - 1])
    first = claim + 1
  }
  return stretches
}
