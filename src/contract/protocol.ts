/** What travels between page and worker. Comlink carries the calls; fields are erased, the page puts the types back. */
import type {
  CallOptions,
  CollectionOptions,
  CollectionStats,
  DatabaseEvents,
  DatabaseStats,
  DatabaseStatus,
  Hit,
  ImportOptions,
  Include,
  OpenOptions,
  Progress,
  Query,
  RecordPatch,
  SearchInfo,
  SearchOptions,
  StoredRecord,
  UpsertResult,
  Verification,
} from './api.ts'
import type { Embedder, EmbedderRecipe, EmbedRole } from './embedder.ts'
import type { QuiverErrorCode } from './errors.ts'
import type { Fields, Where } from './fields.ts'

/** What the worker exposes. */
export interface RemoteHost {
  /** The name of a Web Lock that the worker holds for as long as it lives; `undefined` where there are none. */
  life(): Promise<string | undefined>
  open(name: string, options: OpenOptions): Promise<RemoteDatabase>
  deleteDatabase(name: string): Promise<void>
  importDatabase(
    name: string,
    blob: Blob,
    options: Omit<ImportOptions, keyof CallOptions>,
    call?: MessagePort,
  ): Promise<void>
}

export interface RemoteDatabase {
  collection(
    name: string,
    options: RemoteCollectionOptions,
    embedder: EmbedderRecipe | EmbedderFacts | undefined,
    /** Calls the embedder where it lives (not used with a recipe); Comlink carries functions as arguments only. */
    embed: RemoteEmbed,
  ): Promise<RemoteCollection>
  collections(): Promise<string[]>
  deleteCollection(name: string): Promise<void>
  stats(): Promise<DatabaseStats>
  /** Answers the status and calls `listener` with every later one, and the event that changed it, if one did. */
  watch(listener: RemoteListener): Promise<DatabaseStatus>
  export(call?: MessagePort): Promise<Blob>
  /** Names this tab's worker to the others, for whom the page answers while the worker is busy. */
  member(): Promise<string>
  /** The page is about to be frozen: another tab is to own the data. */
  pause(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

export type RemoteListener = (status: DatabaseStatus, event: DatabaseEvent | undefined) => void

/** An event by its name. */
export type DatabaseEvent = {
  [E in keyof DatabaseEvents]: { readonly type: E; readonly detail: DatabaseEvents[E] }
}[keyof DatabaseEvents]

export type RemoteCollectionOptions = Omit<CollectionOptions<Fields>, 'embedder'>

/** `call`: the worker's end of the channel that carries this call's abort and progress. */
export interface RemoteCollection {
  /** Tells this collection from one of the same name that was deleted. */
  readonly number: number
  upsert(records: readonly unknown[], call?: MessagePort): Promise<UpsertResult>
  upsertMatrix(
    ids: readonly unknown[],
    matrix: Float32Array,
    call?: MessagePort,
  ): Promise<UpsertResult>
  /** A write too large for one message. */
  batch(): Promise<RemoteBatch>
  get(id: string): Promise<StoredRecord<Fields> | undefined>
  update(id: string, patch: RecordPatch<Fields>, call?: MessagePort): Promise<void>
  delete(target: string | readonly string[] | { readonly where: Where }): Promise<number>
  count(where?: Where): Promise<number>
  searchMany(
    queries: readonly Query[],
    options: RemoteSearchOptions,
    call?: MessagePort,
  ): Promise<RemoteHits[]>
  /** Lasts as long as the live query: `call` aborts it, and what it rejects with has ended it. */
  live(
    query: Query,
    options: RemoteSearchOptions,
    listener: RemoteLiveListener,
    call: MessagePort | undefined,
  ): Promise<void>
  stats(): Promise<CollectionStats>
  verify(sample: number | undefined, call?: MessagePort): Promise<Verification>
}

export type RemoteSearchOptions = Omit<SearchOptions<Fields>, 'signal'>

/** An array loses what hangs on it when it is posted, so `info` travels beside it. */
export interface RemoteHits {
  readonly hits: Hit<Fields, Include>[]
  readonly info: SearchInfo
}

/** Hears every answer that is another than the one before, and why a search failed. */
export type RemoteLiveListener = (answer: RemoteHits | { readonly error: PostedError }) => void

export interface RemoteBatch {
  addRecords(records: readonly unknown[]): Promise<void>
  addMatrix(ids: readonly unknown[], matrix: Float32Array): Promise<void>
  commit(call?: MessagePort): Promise<UpsertResult>
}

/** What is to be known of an embedder that stays where it was made. */
export type EmbedderFacts = Pick<Embedder, 'id' | 'dimension' | 'maxTokens'>

export type RemoteEmbed = (
  texts: readonly string[],
  role: EmbedRole,
  call?: MessagePort,
) => Promise<Float32Array>

/** Sent by the caller: stop. Sent to the caller: how far the work is. */
export type CallMessage =
  | { readonly type: 'abort' }
  | { readonly type: 'progress'; readonly progress: Progress }
  /** All progress was told. */
  | { readonly type: 'end' }

/** A `QuiverError` while it is posted. */
export interface PostedError {
  readonly code: QuiverErrorCode
  readonly message: string
  /** The chain of causes, as text: not every thrown value can be cloned. */
  readonly cause: string | undefined
}
