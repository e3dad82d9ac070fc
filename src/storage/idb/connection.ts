/**
 * The handle to one IndexedDB database. Browsers drop handles (site data cleared, a backend that crashed, a tab that wants
 * to upgrade or delete): it is opened again once for each call that finds it gone, provided it is still the same store.
 */
import type { EncryptionOptions } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'
import { Listeners } from '../../platform/listeners.ts'
import { type Checksum, loadChecksum } from '../codec/checksum.ts'
import { type Cipher, cipherOf, newEncryption } from '../codec/cipher.ts'
import { encrypted, type Header, newHeader, type StoredHeader } from '../codec/header.ts'
import type { StorageEvent } from '../index.ts'
import { createDatabase, openExisting, readHeader } from './database.ts'
import { full, isLostConnection, isOutOfRoom, toStorageError } from './errors.ts'
import type { StorageDatabase } from './schema.ts'

/**
 * For who joins those that have the database open: refuses a key that is not the one it was made with, as opening it would.
 * @throws QuiverError `WRONG_KEY`, `OPTIONS_MISMATCH`, `INVALID_OPTION`, `CORRUPT`, `NEWER_FORMAT`, `UNSUPPORTED`
 */
export async function requireIdbKey(
  name: string,
  encryption: EncryptionOptions | undefined,
): Promise<void> {
  const checksum = await loadChecksum()
  try {
    const db = await openExisting(name)
    if (!db) return
    try {
      await cipherOf(name, (await readHeader(db, checksum)).header, encryption)
    } finally {
      db.close()
    }
  } catch (error) {
    throw toStorageError(error, name)
  }
}

/** A browser that is clearing data, or starting its backend anew, refuses to open anything for a moment. */
const REOPEN_PAUSES_MS = [20, 100, 500]

interface Store extends StoredHeader {
  readonly checksum: Checksum
  readonly cipher: Cipher
}

export class Connection {
  readonly name: string
  readonly checksum: Checksum
  readonly cipher: Cipher
  readonly header: Header
  /** One of the two headers that are kept is no longer what was written. */
  readonly headerDamaged: boolean
  readonly events = new Listeners<{ event: StorageEvent }>()
  readonly #onClose: () => void
  #db: StorageDatabase | undefined
  #reopening: Promise<StorageDatabase> | undefined
  #failure: QuiverError | undefined

  /**
   * Opens the database, making it where there is none.
   * @param onClose called when it is closed for good, by whomever
   * @throws QuiverError `WRONG_KEY`, `OPTIONS_MISMATCH` (a key for what is not encrypted), `CORRUPT`, `NEWER_FORMAT`, ...
   */
  static async open(
    name: string,
    checksum: Checksum,
    encryption: EncryptionOptions | undefined,
    onClose: () => void,
  ): Promise<Connection> {
    try {
      const db =
        (await openExisting(name)) ??
        (await createDatabase(name, await headerFor(encryption), checksum))
      try {
        const { header, damaged } = await readHeader(db, checksum)
        const cipher = await cipherOf(name, header, encryption)
        return new Connection(name, db, { checksum, cipher, header, damaged }, onClose)
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
    { checksum, cipher, header, damaged }: Store,
    onClose: () => void,
  ) {
    this.name = name
    this.checksum = checksum
    this.cipher = cipher
    this.header = header
    this.headerDamaged = damaged
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
      if (await isOutOfRoom(error)) throw this.#failure ?? full(this.name, error)
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

  emit(event: StorageEvent): void {
    this.events.emit('event', event)
  }

  /** Closes for good: from now on every call fails with `reason`. The first reason stays. */
  close(reason: QuiverError): void {
    if (this.#failure) return
    this.#failure = reason
    this.#db?.close()
    this.#db = undefined
    this.#onClose()
    this.emit({ type: 'failed' })
  }

  async #handle(): Promise<StorageDatabase> {
    this.assertOpen()
    if (this.#db) return this.#db
    this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined))
    return this.#reopening
  }

  async #reopen(): Promise<StorageDatabase> {
    try {
      const db = await this.#openAgain()
      if (!db) throw this.#evicted()
      try {
        const { header } = await readHeader(db, this.checksum)
        this.assertOpen()
        if (header.storeUUID !== this.header.storeUUID) throw this.#evicted()
      } catch (error) {
        db.close()
        throw error
      }
      this.#adopt(db)
      return db
    } catch (error) {
      const reason = toStorageError(error, this.name)
      this.close(reason.code === 'INTERNAL' ? unreachable(this.name, error) : reason)
      throw error
    }
  }

  async #openAgain(): Promise<StorageDatabase | undefined> {
    for (const pause of REOPEN_PAUSES_MS) {
      try {
        return await openExisting(this.name)
      } catch (error) {
        if (this.#failure || !isLostConnection(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
    return openExisting(this.name)
  }

  #evicted(): QuiverError {
    if (!this.#failure) this.emit({ type: 'evicted' })
    return new QuiverError(
      'CLOSED',
      `What the database "${this.name}" held was deleted meanwhile. Open it again.`,
    )
  }

  #adopt(db: StorageDatabase): void {
    this.#db = db
    db.addEventListener('close', () => {
      if (this.#db !== db) return
      this.#db = undefined
      // At once, so that an eviction is heard of before the next call.
      this.#handle().catch(() => undefined)
    })
    db.addEventListener('versionchange', ({ newVersion }) => {
      if (this.#failure) return
      this.emit({ type: 'blocked', by: newVersion === null ? 'deletion' : 'upgrade' })
      this.close(
        new QuiverError(
          'CLOSED',
          `The database "${this.name}" was closed because it is being deleted or upgraded elsewhere. Open it again.`,
        ),
      )
    })
  }
}

function unreachable(name: string, cause: unknown): QuiverError {
  return new QuiverError(
    'CLOSED',
    `The browser closed the database "${name}" and did not let it be opened again. Open it again later.`,
    { cause },
  )
}

async function headerFor(encryption: EncryptionOptions | undefined): Promise<Header> {
  const header = newHeader()
  if (!encryption) return header
  return encrypted(header, await newEncryption(encryption, header.storeUUID))
}
