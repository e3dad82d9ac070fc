import type { Embedder } from './embedder.ts'
import type { Fields, FieldValue, NoFields, Where } from './fields.ts'
import type { LiveQuery } from './live.ts'

// ---------------------------------------------------------------------------------------------- records

/** A vector as it may be given: finite values, as many as the collection's dimension. */
export type VectorInput = Float32Array | readonly number[]

type DeclaredFields<F extends Fields> = { readonly [K in keyof F]?: FieldValue<F[K]> | null }

/**
 * A record to write: an id (1 to 512 bytes of UTF-8), a vector or a text or both, the declared fields, and any other
 * properties JSON (and `Date`) can hold; those are kept and returned but cannot be filtered on.
 */
export type RecordInput<F extends Fields = NoFields> = {
  readonly id: string
  readonly vector?: VectorInput | undefined
  readonly text?: string | undefined
} & DeclaredFields<F> & { readonly [property: string]: unknown }

/** A record as it was written. `vector` is there where one was given. */
export type StoredRecord<F extends Fields = NoFields> = {
  id: string
  vector?: Float32Array
  text?: string
} & { [K in keyof F]?: FieldValue<F[K]> } & { [property: string]: unknown }

/** What `update` changes: given properties replace, `null` removes, the rest stays. */
export type RecordPatch<F extends Fields = NoFields> = {
  readonly vector?: VectorInput | null | undefined
  readonly text?: string | null | undefined
} & DeclaredFields<F> & { readonly [property: string]: unknown }

// ---------------------------------------------------------------------------------------------- options

/**
 * How closeness is measured. Higher score is closer, always; distance is the metric's own value, lower is closer. `l1`: sum
 * of |a - b|. `hamming` and `jaccard` compare sets: a vector stands for the positions whose value is above 0. `hamming`: how
 * many are in exactly one of both; `jaccard`: 1 - |A ∩ B| / |A ∪ B|, and 0 for two empty sets.
 */
export type Metric = 'cosine' | 'dot' | 'l2' | 'l1' | 'hamming' | 'jaccard'

/**
 * What vectors are first compared on, in bytes of a value: `none` 4, `f16` 2, `int8` 1, `1bit` 1/8 (needs most rescoring).
 * `auto`: int8 from dimension 64 on, else none. Answers are always rescored on the originals. Under hamming and jaccard it is
 * `1bit` whatever is asked, which loses nothing there.
 */
export type Quantization = 'none' | 'f16' | 'int8' | '1bit' | 'auto'

/** How vectors are kept: as given, or rounded to half precision in half the bytes (`get` then answers them rounded). */
export type Originals = 'f32' | 'f16'

/** `auto`: an exact scan while small, a graph built in the background from 10,000 records on. */
export type IndexOption =
  | 'auto'
  | { readonly type: 'flat' }
  | {
      readonly type: 'hnsw'
      /** Links of a node, as in the HNSW paper; 2 to 64, default 16. */
      readonly M?: number
      /** Candidates kept while inserting; 8 to 1,000, default 200. */
      readonly efConstruction?: number
      /** The `ef` of searches that name neither `ef` nor `targetRecall`. Default: calibrated for a recall of 0.95. */
      readonly efSearch?: number
    }

export interface CollectionOptions<F extends Fields = NoFields> {
  /** Makes vectors of texts. Default: the static model shipped inside, unless `dimension` is given. */
  readonly embedder?: Embedder | undefined
  /** From the embedder, else this, else the length of the first vector. 1 to 65,536. */
  readonly dimension?: number | undefined
  /** Default `cosine`. */
  readonly metric?: Metric | undefined
  readonly fields?: F | undefined
  readonly index?: IndexOption | undefined
  readonly quantization?: Quantization | undefined
  /** Default `f32`. Fixed when the collection is made. */
  readonly originals?: Originals | undefined
}

export interface OpenOptions {
  /** `indexeddb` (default where there is one) is kept; `memory` (default in Node) goes with the last handle. */
  readonly storage?: 'indexeddb' | 'memory' | undefined
  /** `strict` (default): an acknowledged write survives a power cut. `relaxed`: it survives the death of the tab or browser. */
  readonly durability?: 'strict' | 'relaxed' | undefined
  /** `require` fails with `GPU_UNAVAILABLE` where there is none. */
  readonly gpu?: 'auto' | 'off' | 'require' | undefined
  /**
   * `auto` (default): where the page is cross-origin isolated, up to 8 threads share what is long, bulk builds and batches
   * of queries. `off`: one thread.
   */
  readonly threads?: 'auto' | 'off' | undefined
  /**
   * Encrypts all that is stored of records with AES-256 in GCM: the key itself (not extractable, if it is to stay one) or a
   * passphrase. Given when the database is made, and again at every open.
   */
  readonly encryption?: EncryptionOptions | undefined
  /** Where `core_bg.wasm` of a build with one thread is, when a bundler or a policy moved it; it is then the one used. */
  readonly wasmUrl?: string | URL | undefined
}

export interface EncryptionOptions {
  /** An AES-GCM key that may encrypt and decrypt, or a passphrase of at least one character. */
  readonly key: CryptoKey | string
}

export interface Progress {
  readonly done: number
  readonly total: number
  /**
   * What is being done: `downloading` a model (in bytes), `embedding` texts, `writing` to storage, `indexing` into the graph,
   * `reading` what is stored (in bytes).
   */
  readonly phase: 'downloading' | 'embedding' | 'writing' | 'indexing' | 'reading'
}

/** What every long call takes. */
export interface CallOptions {
  /** Aborting rejects the call with `ABORTED` and stops the work. */
  readonly signal?: AbortSignal | undefined
  /** Called at the start and at the end, else at most every 100 ms. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

// ---------------------------------------------------------------------------------------------- search

/** A text, a vector, or the id of a record to find more like. */
export type Query = string | VectorInput | { readonly id: string }

/** Parts of a hit. */
export type Include = 'record' | 'vector' | 'distance'

export interface SearchOptions<F extends Fields = NoFields, I extends Include = Include> {
  /**
   * How many hits; an integer >= 1, above the number of matching records it gives all. Default 10, and with a `radius` all
   * within it.
   */
  readonly k?: number | undefined
  /** Candidates kept while walking the graph: more is slower and finds more. Instead of `targetRecall`. */
  readonly ef?: number | undefined
  /**
   * The share of the k nearest that is to be found, on average: 0.5 to 1; 1 compares with every record. Default 0.95. The ef
   * for it is measured on the collection's own records in the background, and measured again as they grow; `stats()` says it.
   */
  readonly targetRecall?: number | undefined
  /**
   * Only hits at most this far, by the metric's own distance: a finite number, of at least 0 except under dot. Compares with
   * every record, whatever `ef` and `targetRecall` say.
   */
  readonly radius?: number | undefined
  /** Only `vector` so far. */
  readonly mode?: 'vector' | undefined
  readonly where?: Where<F> | undefined
  /** Parts that come back beside id and score. Default `['record', 'distance']`. */
  readonly include?: readonly I[] | undefined
  /** Leaves out hits with a lower score. */
  readonly minScore?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A record that was found. */
export type Hit<F extends Fields = NoFields, I extends Include = 'record' | 'distance'> = {
  id: string
  /** Higher is closer: cosine: cosine; dot: dot product; all others: 1 / (1 + distance). */
  score: number
} & ('distance' extends I
  ? { /** The metric's own value, lower is closer. */ distance: number }
  : unknown) &
  ('record' extends I
    ? { /** The record, without its vector. */ record: StoredRecord<F> }
    : unknown) &
  ('vector' extends I
    ? { /** The vector it was found by, as stored. */ vector: Float32Array }
    : unknown)

export interface SearchInfo {
  /** How it was found; `ef` where the graph was walked. */
  readonly plan: {
    readonly method: 'graph' | 'scan' | 'exact'
    readonly reason: string
    readonly ef: number | undefined
  }
  readonly device: 'wasm' | 'webgpu'
  /** Milliseconds by stage. */
  readonly timings: { readonly embed: number; readonly search: number; readonly hydrate: number }
}

/** Hits, nearest first; ties in the order the records were written. */
export type Hits<F extends Fields = NoFields, I extends Include = 'record' | 'distance'> = Hit<
  F,
  I
>[] & {
  readonly info: SearchInfo
}

// ---------------------------------------------------------------------------------------------- stats

export interface CollectionStats {
  readonly rows: number
  readonly dimension: number | undefined
  readonly metric: Metric
  /** The index answering now. */
  readonly index: 'flat' | 'hnsw'
  readonly quantization: Exclude<Quantization, 'auto'>
  readonly originals: Originals
  /** Embedding space, where texts are embedded. */
  readonly embedder: string | undefined
  /** Bytes in memory, by part. */
  readonly bytes: {
    readonly codes: number
    readonly graph: number
    readonly vectors: number
    readonly ids: number
    readonly columns: number
    readonly total: number
  }
  readonly device: 'wasm' | 'webgpu'
  /** The engine's build, e.g. `wasm relaxed-simd`, or `wasm relaxed-simd, 4 threads` once those are at work. */
  readonly build: string
  /**
   * Work the graph still waits for: records to insert (they are found all the same, by a scan), links to mend around removed
   * ones.
   */
  readonly waiting: number
  /**
   * The ef that ten hits take, by `targetRecall`, as measured; `Infinity` where all records are scanned for it. `undefined` until
   * it was measured (from 1,000 records in the graph on); then 64, and 160 for 0.99, serve.
   */
  readonly calibratedEf: Readonly<Record<'0.9' | '0.95' | '0.99', number>> | undefined
}

export interface DatabaseStats {
  readonly name: string
  readonly storage: 'indexeddb' | 'memory'
  readonly collections: Readonly<Record<string, CollectionStats>>
  /** Bytes kept for this database, and what the browser allows the whole origin, where it says. */
  readonly bytes: {
    readonly stored: number
    readonly quota: number | undefined
    readonly used: number | undefined
  }
}

// ---------------------------------------------------------------------------------------------- status

/**
 * `leader`: this tab's worker owns the data and serves the other tabs. `follower`: another tab's does. `alone`: there is
 * nobody to share with: in memory, or where the browser has no Web Locks.
 */
export type Role = 'leader' | 'follower' | 'alone'

/** A database as it is now; kept up to date. */
export interface DatabaseStatus {
  readonly storage: 'indexeddb' | 'memory'
  /** Why it is in memory although nobody asked for that. */
  readonly reason: string | undefined
  readonly role: Role
  /** `false` where the browser grants no room for even the smallest write, or a newer Quiver wrote it for readers only. */
  readonly writable: boolean
  /** Vectors as given are still being read; searches answer by their codes meanwhile. */
  readonly loading: boolean
  /** What was found damaged since it was opened. */
  readonly damage: readonly Damage[]
}

/** Something stored that is no longer what was written. */
export interface Damage {
  readonly part:
    'header' | 'manifest' | 'log' | 'vectors' | 'codes' | 'graph' | 'ids' | 'columns' | 'documents'
  /** `undefined` where it is not one collection's. */
  readonly collection: string | undefined
  /** What it is and what was done about it. */
  readonly message: string
  /** Records that are lost with it: how many, and the ids of the first 1,000 as far as they are known. */
  readonly lost: { readonly count: number; readonly ids: readonly string[] }
}

/** What a database tells those who listen. */
export interface DatabaseEvents {
  /** Another tab died or was frozen, and this one took over; or the other way round. */
  readonly role: Role
  /** Room ran out, or there is some again. */
  readonly quota: { readonly writable: boolean }
  /** The browser took away what was stored; every call now fails with `CLOSED`. */
  readonly evicted: undefined
  /** Another tab deletes the database or upgrades it: it was closed here. */
  readonly blocked: { readonly by: 'deletion' | 'upgrade' }
  readonly damage: Damage
}

/** What `verify` found. */
export interface Verification {
  /** Recall@10 of the collection's own records, at the ef that searches use; `undefined` without vectors or a graph. */
  readonly recall: number | undefined
  /** Records that were searched for. */
  readonly sampled: number
  /** What was read back and matched its checksum. */
  readonly chunks: number
  readonly bytes: number
  readonly damage: readonly Damage[]
}

export interface VerifyOptions extends CallOptions {
  /** How many records recall is measured on; default 100, 0 for none. */
  readonly sample?: number | undefined
}

export interface ImportOptions extends CallOptions {
  /**
   * Puts what is imported in the place of a database of that name, which stays as it is until all is there; its open handles
   * then answer `CLOSED`. Default `false`: such a database is refused, unless there is nothing in it.
   */
  readonly replace?: boolean | undefined
  /** Where it is kept, as of `open`. In memory it waits for the first `open` of it, and goes with the last handle. */
  readonly storage?: OpenOptions['storage']
  /** Encrypts what is imported. What is replaced stays encrypted as it was: give its own key. */
  readonly encryption?: EncryptionOptions | undefined
  /** As of `open`. */
  readonly wasmUrl?: OpenOptions['wasmUrl']
}

// ---------------------------------------------------------------------------------------------- handles

/**
 * A named set of records with one metric, one dimension and one embedding space. A call sees every write that was resolved before
 * it was made; writes that were not waited for may be done in any order.
 */
export interface Collection<F extends Fields = NoFields> {
  readonly name: string

  /**
   * Writes whole records, replacing those with the same id. All or nothing; resolved means durable and searchable.
   * @throws QuiverError `INVALID_ID`, `INVALID_RECORD`, `INVALID_VECTOR`, `DUPLICATE_ID`, `DIMENSION_MISMATCH`,
   * `NO_EMBEDDER`, `EMBEDDING_FAILED`, `ABORTED`, `QUOTA_EXCEEDED`, `CLOSED`
   */
  upsert(
    records: RecordInput<F> | readonly RecordInput<F>[],
    options?: CallOptions,
  ): Promise<UpsertResult>
  /** The fast path: n ids and one matrix of n × dimension values, row-major. */
  upsert(ids: readonly string[], matrix: Float32Array, options?: CallOptions): Promise<UpsertResult>

  /** The record as written, or `undefined`. */
  get(id: string): Promise<StoredRecord<F> | undefined>

  /** Merges into a record; new text is embedded again. @throws QuiverError `NOT_FOUND` */
  update(id: string, patch: RecordPatch<F>, options?: CallOptions): Promise<void>

  /** Answers how many went; ids that are not there are no error. */
  delete(target: string | readonly string[] | { readonly where: Where<F> }): Promise<number>

  /** How many records there are, or how many match. */
  count(where?: Where<F>): Promise<number>

  /** The k nearest records. @throws QuiverError `INVALID_K`, `INVALID_FILTER`, `INVALID_VECTOR`, `NO_EMBEDDER`, ... */
  search<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options?: SearchOptions<F, I>,
  ): Promise<Hits<F, I>>

  /** Many searches at once, answered in order. */
  searchMany<const I extends Include = 'record' | 'distance'>(
    queries: readonly Query[],
    options?: SearchOptions<F, I>,
  ): Promise<Hits<F, I>[]>

  /**
   * A search that is kept up to date, whichever tab writes. Runs while somebody is subscribed; what fails is in the snapshot.
   * @example
   * const live = notes.live('feline resting', { k: 5 })
   * live.subscribe(() => console.log(live.getSnapshot().hits))
   */
  live<const I extends Include = 'record' | 'distance'>(
    query: Query,
    options?: SearchOptions<F, I>,
  ): LiveQuery<F, I>

  stats(): Promise<CollectionStats>

  /** Reads everything stored of the database back and measures recall against an exact search. Changes nothing. */
  verify(options?: VerifyOptions): Promise<Verification>
}

export interface UpsertResult {
  readonly inserted: number
  readonly updated: number
}

/** An open database: one IndexedDB database (or one in memory) with its collections. */
export interface Database {
  readonly name: string

  /**
   * Opens a collection, making it when it is not there. Without options it comes as stored.
   * @throws QuiverError `OPTIONS_MISMATCH`, `EMBEDDER_MISMATCH`, `INVALID_OPTION`
   */
  collection<const F extends Fields = NoFields>(
    name: string,
    options?: CollectionOptions<F>,
  ): Promise<Collection<F>>

  /** Names of all collections, in the order they were made. */
  collections(): Promise<string[]>

  /** Deletes a collection and all its records; no such collection is no error. Open handles then answer `CLOSED`. */
  deleteCollection(name: string): Promise<void>

  stats(): Promise<DatabaseStats>

  readonly status: DatabaseStatus

  /** Calls `listener` at every such event until the function it answers is called. */
  on<E extends keyof DatabaseEvents>(
    event: E,
    listener: (detail: DatabaseEvents[E]) => void,
  ): () => void

  /** Asks the browser not to take the data away when room is short. Answers what it said; `false` where it cannot be asked. */
  requestPersistence(): Promise<boolean>

  /**
   * All collections in one file for `importDatabase`. Not encrypted, also where the database is. Calls go on meanwhile, but
   * that writes to a database in memory wait; it holds what was there at the start.
   */
  export(options?: CallOptions): Promise<Blob>

  /** Lets calls in flight finish and gives the memory back. Closing twice is no error. */
  close(): Promise<void>
}
