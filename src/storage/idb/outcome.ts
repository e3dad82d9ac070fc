/** What became of records whose transaction failed: it may have come through all the same, and only the log knows. */
import { QuiverError } from '../../contract/errors.ts'
import type { Connection } from './connection.ts'
import { read, readValue } from './read.ts'

export interface StoredRecord {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** `stored`: all of them. `absent`: none, and their keys are free. `taken`: another writer has been there first. */
export type Outcome = 'stored' | 'absent' | 'taken'

/**
 * Asks the log for the records, which one transaction was to add, in order. Closes the connection where it cannot say:
 * whoever went on would not know what is stored.
 */
export async function outcomeOf(
  connection: Connection,
  records: readonly StoredRecord[],
): Promise<Outcome> {
  const [first, newest] = [records[0], records.at(-1)]
  if (!first || !newest) return 'stored'
  connection.assertOpen()
  try {
    return await connection.use(async (db) => {
      // A transaction that may still be under way comes first: reads wait for it.
      if (sameBytes(await readValue(db, 'log', newest.seq), newest.bytes)) return 'stored'
      const keys = IDBKeyRange.bound(first.seq, newest.seq)
      const [taken] = await read<[number]>(db, ['log'], (store) => [store('log').count(keys)])
      return taken === 0 ? 'absent' : 'taken'
    })
  } catch (cause) {
    const unknown = new QuiverError(
      'CLOSED',
      `It is not known whether a write to the database "${connection.name}" was stored, and it was closed. Open it again and look.`,
      { cause },
    )
    connection.close(unknown)
    throw connection.failure ?? unknown
  }
}

function sameBytes(a: unknown, b: Uint8Array): boolean {
  return (
    a instanceof Uint8Array && a.byteLength === b.byteLength && b.every((byte, i) => a[i] === byte)
  )
}
