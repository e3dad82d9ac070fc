/** A database in IndexedDB: log, generations and chunks put together. */
import { QuiverError } from '../../contract/errors.ts'
import type { Checksum } from '../codec/checksum.ts'
import { encodeManifest, type StoredManifest } from '../codec/manifest.ts'
import type {
  ChunkRef,
  Fold,
  LoggedOperation,
  Manifest,
  ManifestContent,
  Pin,
  Storage,
  StorageDamage,
  StorageEvent,
  StorageVerification,
  VerifyStorageOptions,
} from '../index.ts'
import { checkManifest, keyOf, nameOf } from '../references.ts'
import { endPosition } from './claim.ts'
import { readChunks, sweepChunks } from './chunks.ts'
import type { Connection } from './connection.ts'
import { IdbFold } from './fold.ts'
import { type Generations, stretchesBetween } from './generations.ts'
import type { Log } from './log.ts'
import { replayLog } from './replay.ts'

export class IdbStorage implements Storage {
  readonly kind = 'indexeddb'
  readonly #connection: Connection
  readonly #checksum: Checksum
  readonly #log: Log
  readonly #refusal: QuiverError | undefined
  readonly #damage: StorageDamage[]
  #generations: Generations
  #fold: IdbFold | undefined

  /** @param refusal what keeps this version from writing, if anything */
  constructor(
    connection: Connection,
    checksum: Checksum,
    log: Log,
    generations: Generations,
    refusal: QuiverError | undefined,
  ) {
    this.#connection = connection
    this.#checksum = checksum
    this.#log = log
    this.#generations = generations
    this.#refusal = refusal
    this.#damage = generations.damaged.map((generation) => ({
      part: 'manifest',
      message: `The manifest of generation ${generation} is damaged; the one before and the log stand in for it.`,
      lost: 0,
    }))
  }

  get failure(): QuiverError | undefined {
    return this.#connection.failure
  }

  get manifest(): Manifest | undefined {
    return this.#newest
  }

  get manifests(): readonly Manifest[] {
    return this.#generations.valid
  }

  get writable(): boolean {
    return this.#refusal === undefined
  }

  get damage(): readonly StorageDamage[] {
    return this.#damage
  }

  subscribe(_listener: (event: StorageEvent) => void): () => void {
    return () => undefined
  }

  get logBytes(): number {
    return this.#log.position - (this.#newest?.foldedPosition ?? 0)
  }

  async append(operation: Uint8Array): Promise<number> {
    this.#assertWritable()
    return this.#log.append(operation)
  }

  async *replay(seq: number): AsyncIterable<LoggedOperation> {
    this.#connection.assertOpen()
    const { last } = this.#log
    const stops = yield* replayLog(this.#connection, this.#checksum, seq, last)
    for (const { seq, skipped } of stops) {
      this.#damage.push({
        part: 'log',
        message: `Log record ${seq} is damaged or missing; it and what was written after it, ${skipped} records, are left out.`,
        lost: skipped,
      })
    }
    const open = stops.at(-1)
    if (open && open.seq + open.skipped > last) this.#log.resumeAfter(open.seq)
  }

  async *readChunks(refs: readonly ChunkRef[]): AsyncIterable<Uint8Array> {
    this.#connection.assertOpen()
    yield* readChunks(this.#connection, this.#checksum, refs)
  }

  async readChunk(ref: ChunkRef): Promise<Uint8Array | undefined> {
    try {
      for await (const chunk of this.readChunks([ref])) return chunk
    } catch (error) {
      if (!(error instanceof QuiverError) || error.code !== 'CORRUPT') throw error
    }
    return undefined
  }

  pin(): Pin {
    return { manifest: this.manifest, lastSeq: this.#log.last, release: () => undefined }
  }

  async verify(_options: VerifyStorageOptions): Promise<StorageVerification> {
    throw new QuiverError('UNSUPPORTED', 'Not built yet.')
  }

  async confirm(): Promise<void> {
    throw new QuiverError('UNSUPPORTED', 'Not built yet.')
  }

  beginFold(): Fold {
    this.#assertWritable()
    if (this.#fold && !this.#fold.ended) {
      throw new QuiverError('INTERNAL', 'A fold is under way already.')
    }
    this.#fold = new IdbFold(
      this.#connection,
      this.#checksum,
      this.#log.last,
      (generation, next, written) => this.#flip(generation, next, written),
    )
    return this.#fold
  }

  async usage(): Promise<number> {
    this.#connection.assertOpen()
    const { valid } = this.#generations
    const chunks = new Map(
      valid.flatMap(({ chunks }) => chunks.map((ref) => [nameOf(keyOf(ref)), ref.bytes])),
    )
    const trimmed = valid[1]?.foldedPosition ?? 0
    return Array.from(chunks.values()).reduce(
      (sum, bytes) => sum + bytes,
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

  get #newest(): StoredManifest | undefined {
    return this.#generations.valid[0]
  }

  async #flip(
    generation: number,
    content: ManifestContent,
    written: readonly ChunkRef[],
  ): Promise<Manifest> {
    const before = this.#newest
    checkManifest(content, before, written, this.#log.last)
    const { foldedSeq } = content
    const foldedPosition = await this.#connection.use((db) =>
      endPosition(db, foldedSeq, this.#checksum, before?.foldedPosition ?? 0),
    )
    const next: StoredManifest = { ...content, generation, foldedPosition }
    const bytes = encodeManifest(next, this.#checksum)

    const [, oldest] = this.#generations.valid
    const dropped = [...this.#generations.damaged, ...(oldest ? [oldest.generation] : [])]
    const trimmed = before
      ? stretchesBetween(this.#log.claims, oldest?.foldedSeq ?? 0, before.foldedSeq)
      : []
    await this.#log.flip(['manifest'], (store) => {
      store('manifest').add(bytes, generation)
      for (const number of dropped) store('manifest').delete(number)
      for (const [first, last] of trimmed) store('log').delete(IDBKeyRange.bound(first, last))
    })

    this.#generations = { valid: before ? [next, before] : [next], damaged: [] }
    const kept = this.#generations.valid.flatMap(({ chunks }) => chunks)
    // The generation counts already: what is left over now, the next open or fold drops.
    await sweepChunks(this.#connection, kept, this.#log.last).catch(() => undefined)
    return next
  }

  #assertWritable(): void {
    this.#connection.assertOpen()
    if (this.#refusal) throw this.#refusal
  }
}
