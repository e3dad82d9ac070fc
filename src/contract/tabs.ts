/**
 * What travels between the tabs that share a database: one of them, the leader, owns the data, and the others ask it. All of
 * it can be cloned and nothing is transferred, since a BroadcastChannel takes no ports.
 */
import type {
  CollectionStats,
  DatabaseStats,
  DatabaseStatus,
  Progress,
  Query,
  RecordPatch,
  StoredRecord,
  UpsertResult,
  Verification,
} from './api.ts'
import type { EmbedderRecipe, EmbedRole } from './embedder.ts'
import type { Fields, Where } from './fields.ts'
import type {
  DatabaseEvent,
  EmbedderFacts,
  PostedError,
  RemoteCollectionOptions,
  RemoteHits,
  RemoteSearchOptions,
} from './protocol.ts'

export type Durability = 'strict' | 'relaxed'

/** Names a collection across tabs and leaders; numbers are never reused. */
export interface CollectionRef {
  readonly name: string
  readonly number: number
}

/** A piece of a write. */
export type BatchPart =
  | { readonly records: readonly unknown[] }
  | { readonly ids: readonly unknown[]; readonly matrix: Float32Array }

/** `digest`: tells the answer from others. */
export interface FoundAgain extends RemoteHits {
  readonly digest: string
}

/** Every call there is. */
export interface TabCalls {
  /** Answers the collection's number. */
  open(name: string, options: RemoteCollectionOptions): number
  collections(): string[]
  deleteCollection(name: string): void
  stats(): DatabaseStats
  export(): Blob
  /** `undefined`: the parts are no longer there, and it is only asked whether they were written. */
  upsert(collection: CollectionRef, parts: BatchPart[] | undefined): UpsertResult
  get(collection: CollectionRef, id: string): StoredRecord<Fields> | undefined
  update(collection: CollectionRef, id: string, patch: RecordPatch<Fields>): void
  delete(
    collection: CollectionRef,
    target: string | readonly string[] | { readonly where: Where },
  ): number
  count(collection: CollectionRef, where: Where | undefined): number
  searchMany(
    collection: CollectionRef,
    queries: readonly Query[],
    options: RemoteSearchOptions | undefined,
  ): RemoteHits[]
  /** A live query's next search; `undefined`: the answer is still the one with the digest `known`. */
  searchAgain(
    collection: CollectionRef,
    query: Query,
    options: RemoteSearchOptions | undefined,
    known: string | undefined,
  ): FoundAgain | undefined
  collectionStats(collection: CollectionRef): CollectionStats
  verify(collection: CollectionRef, sample: number | undefined): Verification
}

export type TabMethod = keyof TabCalls

/** Heard by every tab that has the database open. `member` names a tab's worker, `term` the time one of them leads. */
export type Announcement =
  /** Who leads? */
  | { readonly type: 'who' }
  | { readonly type: 'lead'; readonly member: string; readonly term: string }
  /** Opens a pipe to the leader; `welcome` comes back on it. */
  | { readonly type: 'join'; readonly member: string; readonly term: string }
  /** Are you alive? `undefined`: whoever leads. */
  | { readonly type: 'ping'; readonly member: string | undefined }
  /** The page answers for a worker that is busy; `opening`: a member that is about to lead, whomever was asked for. */
  | {
      readonly type: 'pong'
      readonly member: string
      readonly by: 'page' | 'worker' | 'opening'
    }
  /** Another database is about to be put in the place of this one: every member ends. */
  | { readonly type: 'replaced' }

/** A call that is asked of the leader. */
export interface CallFrame {
  readonly type: 'call'
  /** Counts the calls of this member. */
  readonly n: number
  /** Every call below has been answered. */
  readonly heard: number
  readonly method: TabMethod
  readonly args: readonly unknown[]
  /** How many parts came before it, which are its last argument. */
  readonly parts: number
  readonly embedder: EmbedderRecipe | EmbedderFacts | undefined
}

/** What a follower sends on its pipe. A pipe is named by term and member, so that no frame outlives its leader. */
export type FollowerFrame =
  | CallFrame
  /** Comes before the call whose last argument it belongs to: no message is long. */
  | { readonly type: 'part'; readonly n: number; readonly part: BatchPart }
  | { readonly type: 'abort'; readonly n: number }
  | { readonly type: 'embedded'; readonly id: number; readonly matrix: Float32Array }
  | { readonly type: 'not-embedded'; readonly id: number; readonly error: PostedError }

/** What the leader sends on it. */
export type LeaderFrame =
  | { readonly type: 'welcome'; readonly status: DatabaseStatus; readonly durability: Durability }
  | { readonly type: 'result'; readonly n: number; readonly value: unknown }
  | { readonly type: 'error'; readonly n: number; readonly error: PostedError }
  | { readonly type: 'progress'; readonly n: number; readonly progress: Progress }
  /** Asks for vectors by the embedder of call `n`, which lives with the follower. */
  | {
      readonly type: 'embed'
      readonly n: number
      readonly id: number
      readonly texts: readonly string[]
      readonly role: EmbedRole
    }
  | { readonly type: 'stop-embedding'; readonly id: number }
  | {
      readonly type: 'status'
      readonly status: DatabaseStatus
      readonly event: DatabaseEvent | undefined
    }
  /** A frame came that could not be read. */
  | { readonly type: 'unreadable' }
  /** Records of these collections were written or deleted. */
  | { readonly type: 'written'; readonly collections: readonly number[] }
  /** The database is no more: nobody is to take over. */
  | { readonly type: 'closed'; readonly error: PostedError }
