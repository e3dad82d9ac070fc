/** A storage that lives as long as it is open: for Node, for tests, and where a browser keeps nothing. */
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { Listeners } from '../platform/listeners.ts'
import { type Checksum, loadChecksum } from './codec/checksum.ts'
import type {
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
} from './index.ts'
import {
  checkManifest,
  distinctChunks,
  isChunk,
  keyOf,
  nameOf,
  refTo,
  requireChunk,
} from './references.ts'

/** `dropped`: nobody will ask for it. What it tells is in memory already, and vectors need not be there twice. */
export type MemoryLog = 'kept' | 'dropped'

/** Opens an empty storage. `name` is for messages only: two storages of one name share nothing. */
export async function openMemoryStorage(name: string, log: MemoryLog = 'kept'): Promise<Storage> {
  return new MemoryStorage(name, await loadChecksum(), log)
}

interface WrittenChunk {
  readonly ref: ChunkRef
  readonly bytes: Uint8Array
}

/** There is no damage to fall back from, so that only the newest generation is kept. */
class MemoryStorage implements Storage {
  readonly kind = 'memory'
  readonly damage: readonly StorageDamage[] = []
  readonly writable = true
  readonly #name: string
  readonly #checksum: Checksum
  readonly #keepsLog: boolean
  readonly #chunks = new Map<string, Uint8Array>()
  readonly #events = new Listeners<{ event: StorageEvent }>()
  readonly #pinned = new Set<Pick<Manifest, 'chunks' | 'foldedSeq'>>()
  #log: LoggedOperation[] = []
  #last = 0
  #manifest: Manifest | undefined
  #fold: Fold | undefined
  #failure: QuiverError | undefined

  constructor(name: string, checksum: Checksum, log: MemoryLog) {
    this.#name = name
    this.#checksum = checksum
    this.#keepsLog = log === 'kept'
  }

  get failure(): QuiverError | undefined {
    return this.#failure
  }

  get manifest(): Manifest | undefined {
    return this.#manifest
  }

  get manifests(): readonly Manifest[] {
    return this.#manifest ? [this.#manifest] : []
  }

  subscribe(listener: (event: StorageEvent) => void): () => void {
    return this.#events.on('event', listener)
  }

  get logBytes(): number {
    const folded = this.#manifest?.foldedSeq ?? 0
    return bytesOf(this.#log.filter(({ seq }) => seq > folded))
  }

  async append(operation: Uint8Array): Promise<number> {
    this.#assertOpen()
    this.#last++
    if (this.#keepsLog) this.#log.push({ seq: this.#last, operation: operation.slice() })
    return this.#last
  }

  async *replay(
    seq: number,
    { upTo = Infinity }: ReplayOptions = {},
  ): AsyncIterable<LoggedOperation> {
    this.#assertOpen()
    for (const logged of this.#log.filter((entry) => entry.seq > seq && entry.seq <= upTo)) {
      this.#assertOpen()
      yield { seq: logged.seq, operation: logged.operation.slice() }
    }
  }

  async *readChunks(refs: readonly ChunkRef[]): AsyncIterable<Uint8Array> {
    this.#assertOpen()
    for (const ref of refs) yield requireChunk(await this.readChunk(ref), ref)
  }

  async readChunk(ref: ChunkRef): Promise<Uint8Array | undefined> {
    this.#assertOpen()
    const chunk = this.#chunks.get(nameOf(keyOf(ref)))
    return isChunk(chunk, ref, this.#checksum) ? chunk.slice() : undefined
  }

  pin(): Pin {
    this.#assertOpen()
    const manifest = this.#manifest
    const pinned = { chunks: manifest?.chunks ?? [], foldedSeq: manifest?.foldedSeq ?? 0 }
    this.#pinned.add(pinned)
    return { manifest, lastSeq: this.#last, release: () => void this.#pinned.delete(pinned) }
  }

  async verify({ signal, onProgress }: VerifyStorageOptions): Promise<StorageVerification> {
    this.#assertOpen()
    throwIfAborted(signal)
    const chunks = this.#manifest?.chunks ?? []
    const damagedChunks: ChunkRef[] = []
    for (const ref of chunks) if (!(await this.readChunk(ref))) damagedChunks.push(ref)
    const bytes = await this.usage()
    onProgress?.(bytes, bytes)
    const whole = chunks.length - damagedChunks.length + this.#log.length
    return { chunks: whole, bytes, damagedChunks, damagedRecords: [] }
  }

  /** Nobody else can write to it. */
  async confirm(): Promise<void> {
    this.#assertOpen()
  }

  beginFold(): Fold {
    this.#assertOpen()
    if (this.#fold) throw new QuiverError('INTERNAL', 'A fold is under way already.')
    const generation = (this.#manifest?.generation ?? 0) + 1
    const written = new Map<string, WrittenChunk>()
    const fold: Fold = {
      write: async (path, n, bytes) => {
        this.#assertUnderWay(fold)
        const ref = refTo([generation, path, n], bytes, this.#checksum)
        written.set(nameOf(keyOf(ref)), { ref, bytes: bytes.slice() })
        return ref
      },
      commit: async (next) => {
        this.#assertUnderWay(fold)
        this.#manifest = this.#flip({ ...next, generation }, written)
        this.#fold = undefined
        return this.#manifest
      },
      abandon: async () => {
        if (this.#fold === fold) this.#fold = undefined
      },
    }
    this.#fold = fold
    return fold
  }

  async usage(): Promise<number> {
    this.#assertOpen()
    let bytes = bytesOf(this.#log)
    for (const chunk of this.#chunks.values()) bytes += chunk.byteLength
    return bytes
  }

  async close(): Promise<void> {
    this.fail(closed(this.#name))
  }

  fail(reason: QuiverError): void {
    if (this.#failure) return
    this.#failure = reason
    this.#log = []
    this.#chunks.clear()
    this.#events.emit('event', { type: 'failed' })
  }

  #flip(next: Manifest, written: ReadonlyMap<string, WrittenChunk>): Manifest {
    const refs = Array.from(written.values(), ({ ref }) => ref)
    checkManifest(next, this.#manifest, refs, this.#last)
    for (const [name, { bytes }] of written) this.#chunks.set(name, bytes)
    const pins = [...this.#pinned]
    const kept = distinctChunks([next, ...pins]).map((ref) => nameOf(keyOf(ref)))
    const names = new Set(kept)
    for (const name of this.#chunks.keys()) if (!names.has(name)) this.#chunks.delete(name)
    const neededFrom = Math.min(next.foldedSeq, ...pins.map(({ foldedSeq }) => foldedSeq))
    this.#log = this.#log.filter((logged) => logged.seq > neededFrom)
    return next
  }

  #assertUnderWay(fold: Fold): void {
    this.#assertOpen()
    if (this.#fold !== fold) throw new QuiverError('INTERNAL', 'This fold has ended.')
  }

  #assertOpen(): void {
    if (this.#failure) throw this.#failure
  }
}

function bytesOf(log: readonly LoggedOperation[]): number {
  return log.reduce((sum, { operation }) => sum + operation.byteLength, 0)
}

function closed(name: string): QuiverError {
  return new QuiverError('CLOSED', `The database "${name}" is closed.`)
}
