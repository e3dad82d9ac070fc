import type { Database, ImportOptions, OpenOptions } from '../contract/api.ts'
import { requireOptions } from '../platform/options.ts'
import { callWith } from '../platform/wire.ts'
import { ClientDatabase } from './database.ts'
import { connect } from './connection.ts'
import type { WorkerOptions } from './options.ts'

/**
 * Opens a database, making it when it is not there. All work happens in a Web Worker; nothing has to be configured.
 *
 * @example
 * const db = await open('notes')
 * const notes = await db.collection('notes')
 * await notes.upsert({ id: 'a', text: 'the cat sat' })
 * const hits = await notes.search('feline resting')
 */
export async function open(
  name: string,
  given: OpenOptions & WorkerOptions = {},
): Promise<Database> {
  requireOptions('open', given)
  const { worker, workerUrl, ...options } = given
  const connection = connect({ worker, workerUrl })
  connection.databaseOpened()
  try {
    const posted = { ...options, ...absoluteWasmUrl(options) }
    const remote = await connection.run(() => connection.host.open(name, posted))
    return await connection.run(() => ClientDatabase.watching(name, remote as never, connection))
  } catch (error) {
    connection.databaseClosed()
    throw error
  }
}

/** Deletes a database for good; one that is not there is no error. Open handles then answer `CLOSED`. */
export async function deleteDatabase(name: string, options: WorkerOptions = {}): Promise<void> {
  requireOptions('deleteDatabase', options)
  const connection = connect(options)
  connection.databaseOpened()
  try {
    await connection.run(() => connection.host.deleteDatabase(name))
  } finally {
    connection.databaseClosed()
  }
}

/**
 * Makes a database of a file that `db.export()` answered: all of it, or nothing.
 *
 * @example
 * const blob = await db.export()
 * await importDatabase('copy of notes', blob)
 * @throws QuiverError `INVALID_OPTION` (there is one of that name, and `replace` is not `true`), `CORRUPT`, `NEWER_FORMAT`,
 * `QUOTA_EXCEEDED`, `NOT_LEADER` (another tab has it open), `CLOSED` (it is being deleted), `OUT_OF_MEMORY`, `ABORTED`
 */
export async function importDatabase(
  name: string,
  blob: Blob,
  options: ImportOptions & WorkerOptions = {},
): Promise<void> {
  requireOptions('importDatabase', options)
  const { worker, workerUrl, signal, onProgress, ...rest } = options
  const connection = connect({ worker, workerUrl })
  connection.databaseOpened()
  try {
    const posted = { ...rest, ...absoluteWasmUrl(rest) }
    await connection.run(() =>
      callWith({ signal, onProgress }, (port) =>
        connection.host.importDatabase(name, blob, posted, port),
      ),
    )
  } finally {
    connection.databaseClosed()
  }
}

/** A `URL` cannot be posted, and in the worker a relative address would mean another place. */
function absoluteWasmUrl({ wasmUrl }: Pick<OpenOptions, 'wasmUrl'>): Pick<OpenOptions, 'wasmUrl'> {
  if (wasmUrl === undefined) return {}
  // A worker that opens a database has no document.
  const base = typeof document === 'undefined' ? self.location.href : document.baseURI
  return { wasmUrl: new URL(wasmUrl, base).href }
}
