/**
 * The handle to one IndexedDB database. Browsers drop handles (site data cleared, a backend that crashed, a tab that wants
 * to upgrade or delete): it is opened again once for each call that finds it gone, provided it is still the same store.
 */
import { openDB } from 'idb'
import { QuiverError } from '../../contract/errors.ts'
import type { Checksum } from '../codec/checksum.ts'
import { decodeHeader, encodeHeader, type Header, newHeader } from '../codec/header.ts'
import { errorName, isLostConnection, toStorageError } from './errors.ts'
import { databaseName, HEADER_KEY, SCHEMA_VERSION, STORES, type StorageDatabase } from './schema.ts'

export class Connection {
  readonly name: string
  readonly header: Header
  readonly #checksum: Checksum
  readonly #onClose: () => void
  #db: StorageDatabase | undefined
  #reopening: Promise<StorageDatabase> | undefined
  #failure: QuiverError | undefined

  /**
   * Opens the database, making it where there is none.
   * @param onClose called when it is closed for good, by whomever
   */
  static async open(name: string, checksum: Checksum, onClose: () => void): Promise<Connection> {
    try {
      const db = await openDatabase(name, checksum)
      try {
        return new Connection(name, db, await readHeader(db, checksum), checksum, onClose)
      } catch (error) {
        db.close()
        throw error
      }
    } catch (error) {
      throw toStorageError(error, name)
    }
  }

  private constructor(
    name: string,
    db: StorageDatabase,
    header: Header,
    checksum: Checksum,
    onClose: () => void,
  ) {
    this.name = name
    this.header = header
    this.#checksum = checksum
    this.#onClose = onClose
    this.#adopt(db)
  }

  /** Runs `work` on the handle, and once more on a new one where the browser has dropped it meanwhile. */
  async use<T>(work: (db: StorageDatabase) => Promise<T>): Promise<T> {
    try {
      const db = await this.#handle()
      try {
        return await work(db)
      } catch (error) {
        if (this.#failure || !isLostConnection(error)) throw error
        if (this.#db === db) this.#db = undefined
        db.close()
        return await work(await this.#handle())
      }
    } catch (error) {
      throw this.#failure ?? toStorageError(error, this.name)
    }
  }

  /** The reason it was closed for good, if it was. */
  get failure(): QuiverError | undefined {
    return this.#failure
  }

  assertOpen(): void {
    if (this.#failure) throw this.#failure
  }

  /** Closes for good: from now on every call fails with `reason`. The first reason stays. */
  close(reason: QuiverError): void {
    if (this.#failure) return
    this.#failure = reason
    this.#db?.close()
    this.#db = undefined
    this.#onClose()
  }

  async #handle(): Promise<StorageDatabase> {
    this.assertOpen()
    if (this.#db) return this.#db
    this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined))
    return this.#reopening
  }

  async #reopen(): Promise<StorageDatabase> {
    try {
      const db = await openDatabase(this.name, this.#checksum)
      const { storeUUID } = await readHeader(db, this.#checksum)
      if (this.#failure || storeUUID !== this.header.storeUUID) {
        db.close()
        throw (
          this.#failure ??
          new QuiverError(
            'CLOSED',
            `What the database "${this.name}" held was deleted meanwhile. Open it again.`,
          )
        )
      }
      this.#adopt(db)
      return db
    } catch (error) {
      this.close(toStorageError(error, this.name))
      throw error
    }
  }

  #adopt(db: StorageDatabase): void {
    this.#db = db
    db.addEventListener('close', () => {
      if (this.#db === db) this.#db = undefined
    })
    db.addEventListener('versionchange', () => {
      this.close(
        new QuiverError(
          'CLOSED',
          `The database "${this.name}" was closed because it is being deleted or upgraded elsewhere. Open it again.`,
        ),
      )
    })
  }
}

async function openDatabase(name: string, checksum: Checksum): Promise<StorageDatabase> {
  if (typeof indexedDB === 'undefined') {
    throw new QuiverError(
      'UNSUPPORTED',
      "There is no IndexedDB here. Open with { storage: 'memory' }.",
    )
  }
  let cause: unknown
  try {
    return await openDB(databaseName(name), SCHEMA_VERSION, {
      upgrade(db, _oldVersion, _newVersion, transaction) {
        for (const store of STORES) db.createObjectStore(store)
        transaction
          .objectStore('meta')
          .add(encodeHeader(newHeader(), checksum), HEADER_KEY)
          .catch((error: unknown) => (cause = error))
      },
    })
  } catch (error) {
    // A failed upgrade says only that it was aborted.
    throw cause ?? error
  }
}

async function readHeader(db: StorageDatabase, checksum: Checksum): Promise<Header> {
  try {
    return decodeHeader(await db.get('meta', HEADER_KEY), checksum)
  } catch (error) {
    if (errorName(error) !== 'NotFoundError') throw error
    throw new QuiverError('CORRUPT', `The database "${db.name}" is not one that Quiver made.`)
  }
}
