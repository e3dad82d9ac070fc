/**
 * The write side of the log. Every record is added under the next sequence number: where another writer has been, that key
 * is taken, the transaction fails, and this writer knows that it was deposed.
 */
import { QuiverError } from '../../contract/errors.ts'
import { cut, encodeLogRecord, type LogEntry, LogKind, marker } from '../codec/log-record.ts'
import { claimLog, type LogEnd } from './claim.ts'
import type { Connection } from './connection.ts'
import { isFull } from './errors.ts'
import { outcomeOf, type StoredRecord } from './outcome.ts'
import { read } from './read.ts'
import { placeOfRecord } from './replay.ts'
import { type Durability, RECORD_BYTES, type StoreName, TRANSACTION_BYTES } from './schema.ts'
import { Serial } from './serial.ts'
import { Spare } from './spare.ts'
import { transact } from './transaction.ts'

interface WaitingOperation {
  readonly operation: Uint8Array
  readonly frees: boolean
  readonly resolve: (seq: number) => void
  readonly reject: (error: unknown) => void
}

const KEPT_CLAIMS = 1_000

/** What a transaction of the log writes beside its records. */
export type Alongside = (store: (name: StoreName) => IDBObjectStore) => void

/** `no room`: not even a claim could be stored, and the next write tries again. `unclaimed`: to be read alone. */
export type Hold = 'claimed' | 'no room' | 'unclaimed'

export class Log {
  readonly #connection: Connection
  readonly #durability: Durability
  readonly #spare: Spare
  readonly #turns = new Serial()
  #end: LogEnd
  #claimed: boolean
  #full: boolean
  #waiting: WaitingOperation[] = []

  constructor(connection: Connection, durability: Durability, end: LogEnd, hold: Hold) {
    this.#connection = connection
    this.#spare = new Spare(connection)
    this.#durability = durability
    this.#end = end
    this.#claimed = hold === 'claimed'
    this.#full = hold === 'no room'
  }

  /** Sequence number of the newest record. */
  get last(): number {
    return this.#end.last
  }

  /** Bytes of all records ever written. */
  get position(): number {
    return this.#end.position
  }

  /**
   * Sequence numbers of the claims by epoch, which no trim may take: a deposed writer is stopped by finding its next key
   * taken.
   */
  get claims(): ReadonlyMap<number, number> {
    return this.#end.claims
  }

  /** Claims so old that they need not be kept: a writer that one of them deposed would have slept through as many opens. */
  get outdated(): [epoch: number, seq: number][] {
    return [...this.#end.claims].filter(([epoch]) => epoch <= this.#end.epoch - KEPT_CLAIMS)
  }

  /** They are stored no more. */
  forgetClaims(epochs: readonly number[]): void {
    const claims = new Map(this.#end.claims)
    for (const epoch of epochs) claims.delete(epoch)
    this.#end = { ...this.#end, claims }
  }

  /** The last commit found no room. */
  get full(): boolean {
    return this.#full
  }

  /** Whether this writer has taken over the log, without which nothing may be changed. */
  get claimed(): boolean {
    return this.#claimed
  }

  /** Operations that come while a transaction is under way share the next one. */
  append(operation: Uint8Array, frees: boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, frees, resolve, reject })
      if (this.#waiting.length === 1) void this.#turns.run(() => this.#commitWaiting())
    })
  }

  /** Changes what is kept of snapshots: `alongside` and a record that fences it, in one strict transaction. */
  flip(stores: readonly StoreName[], alongside: Alongside): Promise<void> {
    return this.#turns.run(async () => {
      await this.#commit([marker(LogKind.fold)], 'strict', true, stores, alongside)
    })
  }

  /** Sets room aside for what frees room. */
  keepSpare(): Promise<void> {
    return this.#spare.keep()
  }

  /** @throws QuiverError `NOT_LEADER` where the log has grown by other hands */
  confirm(): Promise<void> {
    return this.#turns.run(async () => {
      const [newest] = await this.#connection.use((db) =>
        read<[IDBCursor | null]>(db, ['log'], (store) => [
          store('log').openKeyCursor(null, 'prev'),
        ]),
      )
      if (((newest?.key as number | undefined) ?? 0) > this.#end.last) this.#deposed()
    })
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
    let seq: number
    try {
      const frees = group.every((one) => one.frees)
      seq = await this.#commit(cuts.flat(), this.#durability, frees)
    } catch (error) {
      // What is small may still fit: a deletion must not fail because it shared a transaction with a large write.
      if (isFull(error) && group.length > 1) for (const one of group) await this.#commitGroup([one])
      else for (const { reject } of group) reject(error)
      return
    }
    group.forEach(({ resolve }, i) => {
      resolve((seq += cuts[i]?.length ?? 0))
    })
  }

  /** Answers the sequence number before the first of the entries. */
  async #commit(
    entries: readonly LogEntry[],
    durability: Durability,
    frees: boolean,
    stores: readonly StoreName[] = [],
    alongside: Alongside = () => undefined,
  ): Promise<number> {
    const add = async (): Promise<number> => {
      if (!this.#claimed) await this.#claim()
      await this.#add(entries, durability, stores, alongside)
      return this.#end.last - entries.length
    }
    try {
      const before = await add()
      this.#setFull(false)
      return before
    } catch (error) {
      if (!isFull(error)) throw error
      this.#setFull(true)
      if (!frees || !(await this.#spare.spend())) throw error
      return add()
    }
  }

  /** Nothing may have been written since the end of the log was read: what is in memory would be old. */
  async #claim(): Promise<void> {
    this.#end = (await claimLog(this.#connection, this.#end)) ?? this.#deposed()
    this.#claimed = true
  }

  async #add(
    entries: readonly LogEntry[],
    durability: Durability,
    stores: readonly StoreName[],
    alongside: Alongside,
  ): Promise<void> {
    const { checksum, cipher } = this.#connection
    const { epoch, last } = this.#end
    let { position } = this.#end
    const records: StoredRecord[] = []
    for (const entry of entries) {
      const seq = last + 1 + records.length
      const isOperation = entry.kind === LogKind.operation
      const payload = isOperation
        ? await cipher.seal(entry.payload, placeOfRecord(seq))
        : entry.payload
      const bytes = encodeLogRecord({ ...entry, payload, epoch, seq, position }, checksum)
      position += bytes.byteLength
      records.push({ seq, bytes })
    }
    try {
      await this.#connection.use((db) =>
        transact(db, ['log', ...stores], durability, (store) => {
          for (const { seq, bytes } of records) store('log').add(bytes, seq)
          alongside(store)
        }),
      )
    } catch (error) {
      const outcome = await outcomeOf(this.#connection, records)
      if (outcome === 'taken') this.#deposed()
      if (outcome === 'absent') throw error
    }
    this.#end = { ...this.#end, last: last + records.length, position }
  }

  #setFull(full: boolean): void {
    if (this.#full === full) return
    this.#full = full
    this.#connection.emit({ type: 'quota', writable: !full })
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
