import type { QuiverError } from '../contract/errors.ts'

/**
 * The one interface of storage: a log of operations that is durable first, and a snapshot (chunks named by a manifest)
 * that the log is folded into now and then. It knows bytes, not records. `idb/` and `memory.ts` satisfy it, bound by one
 * contract suite.
 */
export interface Storage {
  readonly kind: 'indexeddb' | 'memory'

  /** Why it can no longer be used: closed, deleted elsewhere, taken over by another tab. */
  readonly failure: QuiverError | undefined

  /** The newest manifest that is whole, or `undefined` when nothing was folded yet. */
  readonly manifest: Manifest | undefined

  /** The manifests that are whole, newest first: the log reaches back to the last of them. */
  readonly manifests: readonly Manifest[]

  /** Whether a write can succeed: `false` where there is no room at all or a newer version lets this one only read. */
  readonly writable: boolean

  /**
   * Adds one operation to the log and resolves with its sequence number when it is durable. Operations that come while
   * a commit is under way share the next one. All or nothing, in the order of the calls. The bytes must not change before
   * it has resolved. Sequence numbers grow, but not by one: a large operation takes several, the storage itself some.
   * @throws QuiverError `QUOTA_EXCEEDED`, `CLOSED`, `NOT_LEADER` (another writer took over)
   */
  append(operation: Uint8Array, options?: AppendOptions): Promise<number>

  /**
   * Operations after `seq`, in order, each verified and whole. One that is damaged is left out, which `damage` says; those
   * after it come all the same.
   * @throws QuiverError `CORRUPT` after the last one, where any was left out and `strict` is `true`; `damage` says nothing then
   */
  replay(seq: number, options?: ReplayOptions): AsyncIterable<LoggedOperation>

  /** What was found damaged since the storage was opened. */
  readonly damage: readonly StorageDamage[]

  /** Calls `listener` at every event until the function it answers is called. */
  subscribe(listener: (event: StorageEvent) => void): () => void

  /** Bytes of the log after the manifest's `foldedSeq`, headers included. */
  readonly logBytes: number

  /** Chunks in the order asked for, each verified, read ahead. @throws QuiverError `CORRUPT` */
  readChunks(refs: readonly ChunkRef[]): AsyncIterable<Uint8Array>

  /** One chunk, or `undefined` where it is damaged or missing. */
  readChunk(ref: ChunkRef): Promise<Uint8Array | undefined>

  /** What is stored now, kept from being trimmed until it is released. */
  pin(): Pin

  /** Reads all back, log and chunks of every manifest. Changes nothing; what is damaged is in the answer alone. */
  verify(options: VerifyStorageOptions): Promise<StorageVerification>

  /** Fails with `NOT_LEADER` where another writer has taken over since: to be asked after a pause of the whole thread. */
  confirm(): Promise<void>

  /** Starts the next generation. One at a time: commit or abandon it before the next. */
  beginFold(): Fold

  /** Bytes kept: log and chunks. */
  usage(): Promise<number>

  /** Waits for what is under way. Closing twice is no error. */
  close(): Promise<void>

  /** Closes at once; every later call fails with `reason`. For an owner whose memory no longer agrees with the log. */
  fail(reason: QuiverError): void
}

export interface AppendOptions {
  /** It frees room, as a deletion does: where there is none left, what is set aside for that serves. Default `false`. */
  readonly frees?: boolean | undefined
}

export interface ReplayOptions {
  /** For who must know that nothing is left out. Default `false`. */
  readonly strict?: boolean | undefined
  /** Sequence number of the last operation that is asked for. Default: the last there is. */
  readonly upTo?: number | undefined
}

/** Something stored that is no longer what was written. */
export interface StorageDamage {
  readonly part: 'header' | 'manifest' | 'log'
  readonly message: string
  /** Operations that are lost with it, as far as they can be counted. */
  readonly lost: number
}

export type StorageEvent =
  | { readonly type: 'quota'; readonly writable: boolean }
  | { readonly type: 'evicted' }
  | { readonly type: 'blocked'; readonly by: 'deletion' | 'upgrade' }
  | { readonly type: 'damage'; readonly damage: StorageDamage }
  /** It can no longer be used: see `failure`. */
  | { readonly type: 'failed' }

export interface Pin {
  readonly manifest: Manifest | undefined
  /** The last operation. */
  readonly lastSeq: number
  release(): void
}

export interface VerifyStorageOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with bytes read and bytes in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface StorageVerification {
  /** Chunks and log records that are whole, and their bytes. */
  readonly chunks: number
  readonly bytes: number
  readonly damagedChunks: readonly ChunkRef[]
  /** Sequence numbers. */
  readonly damagedRecords: readonly number[]
}

export interface LoggedOperation {
  readonly seq: number
  readonly operation: Uint8Array
}

/** The next generation while it is written. Nothing of it counts before `commit` has resolved. */
export interface Fold {
  /** Writes one chunk, best of 4 MiB at most; `path` says whose it is, e.g. `3/vectors`. Await one before the next. */
  write(path: string, n: number, bytes: Uint8Array): Promise<ChunkRef>
  /**
   * Verifies what was written, makes the manifest the newest in one transaction, then trims the log and the chunks
   * that neither this manifest nor the one before refers to. When it fails, abandon the fold.
   */
  commit(next: ManifestContent): Promise<Manifest>
  /** Drops what was written. */
  abandon(): Promise<void>
}

/** Names one stored chunk: where it is, how long it is, and its xxh64. */
export interface ChunkRef {
  readonly generation: number
  readonly path: string
  readonly n: number
  readonly bytes: number
  readonly hash: string
}

export interface ManifestContent {
  /** Every operation up to this one is in the chunks. */
  readonly foldedSeq: number
  /** Every chunk the snapshot is made of, also those written by earlier generations. */
  readonly chunks: readonly ChunkRef[]
  /** What the owner needs to read them; JSON. */
  readonly body: unknown
}

export interface Manifest extends ManifestContent {
  readonly generation: number
}
