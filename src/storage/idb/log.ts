/**
 * The write side of the log. Every record is added under the next sequence number: where another writer has been, that key
 * is taken, the transaction fails, and this writer knows that it was deposed.
 */
import { QuiverError } from '../../contract/errors.ts'
import type { Checksum } from '../codec/checksum.ts'
import {
  cut,
  encodeLogRecord,
  type LogEntry,
  LogKind,
  type LogRecord,
  marker,
  resumeAfter,
} from '../codec/log-record.ts'
import type { Claim } from './claim.ts'
import type { Connection } from './connection.ts'
import { errorName } from './errors.ts'
import { type Durability, RECORD_BYTES, type StoreName, TRANSACTION_BYTES } from './schema.ts'
import { Serial } from './serial.ts'
import { transact } from './transaction.ts'

interface WaitingOperation {
  readonly operation: Uint8Array
  readonly resolve: (seq: number) => void
  readonly reject: (error: unknown) => void
}

/** What a transaction of the log writes beside its records. */
type Alongside = (store: (name: StoreName) => IDBObjectStore) => void

export class Log {
  readonly #connection: Connection
  readonly #checksum: Checksum
  readonly #durability: Durability
  readonly #epoch: number
  readonly #claims: readonly number[]
  readonly #turns = new Serial()
  #waiting: WaitingOperation[] = []
  #last: number
  #position: number
  #stoppedAt: number | undefined

  constructor(connection: Connection, checksum: Checksum, durability: Durability, claim: Claim) {
    this.#connection = connection
    this.#checksum = checksum
    this.#durability = durability
    this.#epoch = claim.epoch
    this.#claims = claim.claims
    this.#last = claim.last
    this.#position = claim.position
  }

  /** Sequence number of the newest record. */
  get last(): number {
    return this.#last
  }

  /** Bytes of all records ever written. */
  get position(): number {
    return this.#position
  }

  /** Sequence numbers of the claims, which no trim may take: a deposed writer is stopped by finding its next key taken. */
  get claims(): readonly number[] {
    return this.#claims
  }

  /** Operations that come while a transaction is under way share the next one. */
  append(operation: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject })
      if (this.#waiting.length === 1) void this.#turns.run(() => this.#commitWaiting())
    })
  }

  /** Makes a fold the newest generation: `alongside` and a record that fences it, in one strict transaction. */
  flip(stores: readonly StoreName[], alongside: Alongside): Promise<void> {
    return this.#turns.run(() => this.#commit([marker(LogKind.fold)], 'strict', stores, alongside))
  }

  /** Replay stopped for good at this record: the next commit will say so, and what follows it counts again. */
  resumeAfter(seq: number): void {
    this.#stoppedAt = seq
  }

  /** Waits for all that was appended so far. */
  async idle(): Promise<void> {
    do await this.#turns.idle()
    while (this.#waiting.length > 0)
  }

  async #commitWaiting(): Promise<void> {
    let bytes = 0
    let count = 0
    for (const { operation } of this.#waiting) {
      bytes += operation.byteLength
      if (count > 0 && bytes > TRANSACTION_BYTES) break
      count++
    }
    const group = this.#waiting.splice(0, count)
    if (this.#waiting.length > 0) void this.#turns.run(() => this.#commitWaiting())
    await this.#commitGroup(group)
  }

  async #commitGroup(group: readonly WaitingOperation[]): Promise<void> {
    const cuts = group.map(({ operation }) => cut(operation, RECORD_BYTES))
    const resume = this.#stoppedAt === undefined ? [] : [resumeAfter(this.#stoppedAt)]
    let seq = this.#last + resume.length
    try {
      await this.#commit([...resume, ...cuts.flat()], this.#durability, [], () => undefined)
    } catch (error) {
      const full = error instanceof QuiverError && error.code === 'QUOTA_EXCEEDED'
      // What is small may still fit: a deletion must not fail because it shared a transaction with a large write.
      if (full && group.length > 1) for (const one of group) await this.#commitGroup([one])
      else for (const { reject } of group) reject(error)
      return
    }
    this.#stoppedAt = undefined
    group.forEach(({ resolve }, i) => {
      resolve((seq += cuts[i]?.length ?? 0))
    })
  }

  async #commit(
    entries: readonly LogEntry[],
    durability: Durability,
    stores: readonly StoreName[],
    alongside: Alongside,
  ): Promise<void> {
    let position = this.#position
    const records = entries.map((entry, i) => {
      const seq = this.#last + 1 + i
      const record: LogRecord = { ...entry, epoch: this.#epoch, seq, position }
      const bytes = encodeLogRecord(record, this.#checksum)
      position += bytes.byteLength
      return { seq, bytes }
    })
    const newest = records.at(-1)
    if (!newest) return
    await this.#connection.use(async (db) => {
      try {
        await transact(db, ['log', ...stores], durability, (store) => {
          for (const { seq, bytes } of records) store('log').add(bytes, seq)
          alongside(store)
        })
      } catch (error) {
        if (errorName(error) !== 'ConstraintError') throw error
        // After a lost connection the first attempt may have come through: then the record that is in the way is ours.
        if (!sameBytes(await db.get('log', newest.seq), newest.bytes)) this.#deposed()
      }
    })
    this.#last = newest.seq
    this.#position = position
  }

  #deposed(): never {
    const error = new QuiverError(
      'NOT_LEADER',
      `Another tab has taken over the database "${this.#connection.name}"; this write was not stored. Open it again.`,
    )
    this.#connection.close(error)
    throw error
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && b.every((byte, i) => a[i] === byte)
}
