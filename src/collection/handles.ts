import type { LocalDatabase } from './database.ts'

/** What one `openDatabase` answers: a share in a database, which closes when the last of them is closed. */
export class DatabaseHandle {
  readonly database: LocalDatabase
  readonly #release: (handle: DatabaseHandle) => Promise<void>
  #closing: Promise<void> | undefined

  constructor(database: LocalDatabase, release: (handle: DatabaseHandle) => Promise<void>) {
    this.database = database
    this.#release = release
  }

  /** Closing twice is no error. */
  close(): Promise<void> {
    this.#closing ??= this.#release(this)
    return this.#closing
  }
}
