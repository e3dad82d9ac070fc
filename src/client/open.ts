import type { Database, OpenOptions } from '../contract/api.ts'
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
  { worker, workerUrl, ...options }: OpenOptions & WorkerOptions = {},
): Promise<Database> {
  const connection = connect({ worker, workerUrl })
  connection.databaseOpened()
  try {
    const remote = await connection.run(() => connection.host.open(name, options))
    return new ClientDatabase(name, remote as never, connection)
  } catch (error) {
    connection.databaseClosed()
    throw error
  }
}

/** Deletes a database for good; one that is not there is no error. Open handles then answer `CLOSED`. */
export async function deleteDatabase(name: string): Promise<void> {
  const connection = connect({})
  connection.databaseOpened()
  try {
    await connection.run(() => connection.host.deleteDatabase(name))
  } finally {
    connection.databaseClosed()
  }
}
