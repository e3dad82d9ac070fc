/** A database in IndexedDB: log, generations and chunks put together. */
import { QuiverError } from '../../contract/errors.ts'
import { damaged } from '../codec/bytes.ts'
import type {
  AppendOptions,
  ChunkRef,
  Fold,
  LoggedOperation,
  Manifest,
  Pin,
  ReplayOptions,
  Storage,
  StorageDamage,
  StorageEvent,
  StorageVerification,
  VerifyStorageOptions,
} from '../index.ts'
import { distinctChunks } from '../references.ts'
import { readChunk, readChunks } from './chunks.ts'
import type { Connection } from './connection.ts'
import type { IdbFold } from './fold.ts'
import type { Log } from './log.ts'
import { replayLog } from './replay.ts'
import type { Snapshots } from './snapshots.ts'
import { verifyStored } from './verify.ts'

export class IdbStorage implements Storage {
  readonly kind = 'indexeddb'
  readonly #connection: Connection
  readonly #log: Log
  readonly #snapshots: Snapshots
  readonly #refusal: QuiverError | undefined
  readonly #damage: StorageDamage[]
  #fold: IdbFold | undefined

  /**
   * @param refusal what keeps this version from writing, if anything
   * @param damage what was found while it was opened
   */
  constructor(
    connection: Connection,
    log: Log,
    snapshots: Snapshots,
    refusal: QuiverError | undefined,
    damage: readonly StorageDamage[],
  ) {
    this.#connection = connection
    this.#log = log
    this.#snapshots = snapshots
    this.#refusal = refusal
    this.#damage = [...damage]
  }

  get failure(): QuiverError | undefined {
    return this.#connection.failure
  }

  get manifest(): Manifest | undefined {
    return this.#snapshots.newest
  }

  get manifests(): readonly Manifest[] {
    return this.#snapshots.valid
  }

  get writable(): boolean {
    return this.#refusal === undefined && !this.#log.full
  }

  get damage(): readonly StorageDamage[] {
    return this.#damage
  }

  subscribe(listener: (event: StorageEvent) => void): () => void {
    return this.#connection.events.on('event', listener)
  }

  get logBytes(): number {
    return this.#log.position - (this.#snapshots.newest?.foldedPosition ?? 0)
  }

  async append(operation: Uint8Array, { frees = false }: AppendOptions = {}): Promise<number> {
    this.#assertWritable()
    return this.#log.append(operation, frees)
  }

  async *replay(
    seq: number,
    { strict = false, upTo = Infinity }: ReplayOptions = {},
  ): AsyncIterable<LoggedOperation> {
    this.#connection.assertOpen()
    const gaps = yield* replayLog(this.#connection, seq, Math.min(upTo, this.#log.last))
    if (strict && gaps.length > 0) throw damaged('some of the log cannot be read')
    for (const { first, last, lost } of gaps) {
      const records =
        first === last ? `Log record ${first} is` : `Log records ${first} to ${last} are`
      this.#damaged({
        part: 'log',
        message: `${records} damaged or missing: ${lost} writes at most are lost, those before and after it are there.`,
        lost,
      })
    }
  }

  async *readChunks(refs: readonly ChunkRef[]): AsyncIterable<Uint8Array> {
    this.#connection.assertOpen()
    yield* readChunks(this.#connection, refs)
  }

  async readChunk(ref: ChunkRef): Promise<Uint8Array | undefined> {
    return readChunk(this.#connection, ref)
  }

  pin(): Pin {
    this.#connection.assertOpen()
    const manifest = this.#snapshots.newest
    const release = this.#snapshots.pin({
      manifests: manifest ? [manifest] : [],
      after: manifest?.foldedSeq ?? 0,
    })
    return { manifest, lastSeq: this.#log.last, release }
  }

  async verify(options: VerifyStorageOptions): Promise<StorageVerification> {
    const total = await this.usage()
    const manifests = this.#snapshots.valid
    const after = manifests.at(-1)?.foldedSeq ?? 0
    // Nothing of the log, not even what a fold may trim: what is gone when its turn comes would look damaged.
    const release = this.#snapshots.pin({ manifests, after: 0 })
    try {
      const stored = { manifests, after, upTo: this.#log.last, total }
      return await verifyStored(this.#connection, stored, options)
    } finally {
      release()
    }
  }

  async confirm(): Promise<void> {
    this.#connection.assertOpen()
    await this.#log.confirm()
  }

  beginFold(): Fold {
    this.#assertWritable()
    if (!this.#log.claimed) {
      throw new QuiverError(
        'QUOTA_EXCEEDED',
        `There is no room for another snapshot of the database "${this.#connection.name}". Delete what is not needed, or free space on the disk.`,
      )
    }
    if (this.#fold && !this.#fold.ended) {
      throw new QuiverError('INTERNAL', 'A fold is under way already.')
    }
    this.#fold = this.#snapshots.beginFold()
    return this.#fold
  }

  async usage(): Promise<number> {
    this.#connection.assertOpen()
    const { valid } = this.#snapshots
    const trimmed = valid[1]?.foldedPosition ?? 0
    return distinctChunks(valid).reduce(
      (sum, { bytes }) => sum + bytes,
      this.#log.position - trimmed,
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#log.idle(), this.#fold?.idle()])
    this.#connection.close(
      new QuiverError('CLOSED', `The database "${this.#connection.name}" is closed.`),
    )
  }

  fail(reason: QuiverError): void {
    this.#connection.close(reason)
  }

  /** Told once, however often it is come upon. */
  #damaged(damage: StorageDamage): void {
    if (this.#damage.some(({ message }) => message === damage.message)) return
    this.#damage.push(damage)
    this.#connection.emit({ type: 'damage', damage })
  }

  #assertWritable(): void {
    this.#connection.assertOpen()
    if (this.#refusal) throw this.#refusal
  }
}
