/** From a file to a database of a name: what is in its way, and where it is kept. */
import type { ImportOptions } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import { requireOptions } from '../platform/options.ts'
import { isStored, openIdbStorage } from '../storage/idb/index.ts'
import { openMemoryStorage } from '../storage/memory.ts'
import { validateName } from './config.ts'
import { LocalDatabase } from './database.ts'
import {
  adopt,
  checkKey,
  dropUnused,
  engine,
  findOpen,
  type StorageKind,
  storageKind,
} from './registry.ts'
import { importInto, isEmpty, readFile, type ReadFile, retireAll } from './transfer/import.ts'

/** What an import needs of those who know who has the database open. */
export interface ImportSurroundings {
  /** Closes whatever of that name is open; called when the file was found good. */
  closeAll(kind: StorageKind): Promise<void>
  /** Runs what takes the storage and writes the file to it; nobody is to take it away meanwhile. */
  alone(task: () => Promise<void>): Promise<void>
}

/**
 * Makes a database of what `export` answered: all of it, or nothing.
 * @throws QuiverError `INVALID_OPTION` (there is one of that name, and `replace` is not `true`), `CORRUPT`, `NEWER_FORMAT`,
 * `QUOTA_EXCEEDED`, `NOT_LEADER`, `WRONG_KEY`, `OUT_OF_MEMORY`, `ABORTED`
 */
export async function importDatabase(
  name: string,
  blob: Blob,
  options: ImportOptions,
  surroundings: ImportSurroundings,
): Promise<void> {
  validateName('database', name)
  requireOptions('importDatabase', options)
  requireBlob(blob)
  const kind = storageKind(options)
  // Before the file is read, which takes its time, and again after it: much can happen meanwhile.
  await requireAccess(name, kind, options)
  const file = await readFile(await engine(options), blob, options)
  try {
    const isOpen = await isOpenHere(name, kind, options)
    if (isOpen || options.replace) await surroundings.closeAll(kind)
    await dropUnused(name, kind)
    if (kind === 'memory') {
      await keepInMemory(name, file)
    } else {
      await surroundings.alone(() => keepInIndexedDb(name, file, options))
      retireAll(file.recovered)
    }
  } catch (error) {
    retireAll(file.recovered)
    throw error
  }
}

async function keepInMemory(name: string, { archive, recovered }: ReadFile): Promise<void> {
  for (const { state } of recovered.collections) await state.documents.detach(archive)
  const storage = await openMemoryStorage(name, 'dropped')
  adopt(name, await LocalDatabase.open(name, await engine({}), storage, recovered))
}

async function keepInIndexedDb(
  name: string,
  file: ReadFile,
  options: ImportOptions,
): Promise<void> {
  const { encryption, signal } = options
  const storage = await openIdbStorage(name, { durability: 'strict', encryption, signal })
  try {
    if (!options.replace && !(await isEmpty(storage))) throw taken(name)
    await importInto(storage, file, options)
  } finally {
    await storage.close()
  }
}

/** @throws QuiverError `INVALID_OPTION`, `WRONG_KEY` */
async function requireAccess(
  name: string,
  kind: StorageKind,
  options: ImportOptions,
): Promise<void> {
  const isOpen = await isOpenHere(name, kind, options)
  if (kind === 'memory' || !(await isStored(name))) return
  await checkKey(name, options)
  if (isOpen || options.replace) return
  const { encryption } = options
  const storage = await openIdbStorage(name, { durability: 'strict', encryption }).catch(
    (error: unknown) => {
      // Another tab has it open, whatever is in it.
      throw error instanceof QuiverError && error.code === 'NOT_LEADER' ? taken(name) : error
    },
  )
  const isFree = await isEmpty(storage).finally(() => storage.close())
  if (!isFree) throw taken(name)
}

/** @throws QuiverError `INVALID_OPTION` where it is open, holds anything, and is not to be replaced */
async function isOpenHere(
  name: string,
  kind: StorageKind,
  { replace }: ImportOptions,
): Promise<boolean> {
  const database = await findOpen(name, kind)
  if (database && !replace && (await database.collections()).length > 0) throw taken(name)
  return database !== undefined
}

function requireBlob(blob: unknown): void {
  if (blob instanceof Blob) return
  throw new QuiverError(
    'INVALID_OPTION',
    'importDatabase takes the Blob or File that export() answered, for example from an <input type="file">.',
  )
}

function taken(name: string): QuiverError {
  return new QuiverError(
    'INVALID_OPTION',
    `There is a database "${name}" already. Import under another name, or with { replace: true } in its place.`,
  )
}
