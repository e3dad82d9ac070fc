/**
 * Room set aside for deleting when there is none left: a deletion is logged before it frees anything. It is given up in a
 * transaction of its own, since browsers count what a transaction adds before what it deletes. It has to be this large:
 * Chromium keeps values of 64 KiB and more in files, whose room is there again at once.
 */
import type { Connection } from './connection.ts'
import { read } from './read.ts'
import { SPARE_KEY, type StorageDatabase } from './schema.ts'
import { transact } from './transaction.ts'

/** As many as `crypto` gives at a time; random, since browsers compress what they store. */
const SPARE_BYTES = 65_536

export class Spare {
  readonly #connection: Connection
  #kept = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Sets the room aside unless it is; where there is none, later. */
  async keep(): Promise<void> {
    if (this.#kept) return
    this.#kept = await this.#connection
      .use(async (db) => {
        if (await isKept(db)) return true
        const bytes = crypto.getRandomValues(new Uint8Array(SPARE_BYTES))
        await transact(db, ['meta'], 'relaxed', (store) => store('meta').put(bytes, SPARE_KEY))
        return true
      })
      .catch(() => false)
  }

  /** Gives it up for who will free more. Answers whether there was any, set aside by whomever. */
  async spend(): Promise<boolean> {
    this.#kept = false
    return this.#connection
      .use(async (db) => {
        if (!(await isKept(db))) return false
        await transact(db, ['meta'], 'strict', (store) => store('meta').delete(SPARE_KEY))
        return true
      })
      .catch(() => false)
  }
}

async function isKept(db: StorageDatabase): Promise<boolean> {
  const [kept] = await read<[number]>(db, ['meta'], (store) => [store('meta').count(SPARE_KEY)])
  return kept > 0
}
