import type { Storage } from '../storage/index.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { LocalCollection } from './collection.ts'
import { rebuild } from './rebuild.ts'
import type { SavedOutcomes } from './outcomes.ts'
import { chunksOf, type SavedCollection, saveState } from './snapshot.ts'
import type { CollectionState } from './state.ts'

/** What the manifest holds beside the chunks. */
export interface SavedDatabase {
  readonly collections: readonly SavedCollection[]
  /** The number the next collection gets; numbers are never reused. */
  readonly nextNumber: number
  /** Absent in snapshots of earlier versions. */
  readonly outcomes?: SavedOutcomes
}

/** A log this long is folded even while writes go on. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** Below this, replaying the log is quicker than any fold. */
const MIN_LOG_BYTES = 64 * 1024

/** A log of this share of the snapshot is folded even while writes go on. */
const LOG_SHARE = 0.25
const MIN_BUSY_BYTES = 8 * 1024 * 1024

/** Nobody has written for this long: time to fold, in milliseconds. */
const IDLE_MS = 1500

/** A collection with this share of rows without a record is rewritten without them. */
const COMPACT_FROM_SHARE = 0.3
const COMPACT_FROM_ROWS = 1000

/** Whether the log is to be folded now, while writes go on. Pure. */
export function foldIsDue(logBytes: number, snapshotBytes: number): boolean {
  if (logBytes >= MAX_LOG_BYTES) return true
  return logBytes >= Math.max(MIN_BUSY_BYTES, snapshotBytes * LOG_SHARE)
}

/**
 * Folds the log of a database into a snapshot when it has grown long, or when nobody has written for a while, so that the
 * next open finds little to replay.
 */
export class Folding {
  readonly #storage: Storage
  readonly #queue: CommitQueue
  readonly #database: () => { collections: readonly LocalCollection[]; nextNumber: number }
  #foldedVersions = ''
  #snapshotBytes: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #busy = false
  #stopped = false

  constructor(
    storage: Storage,
    queue: CommitQueue,
    database: () => { collections: readonly LocalCollection[]; nextNumber: number },
  ) {
    this.#storage = storage
    this.#queue = queue
    this.#database = database
    this.#snapshotBytes = sum(storage.manifest?.chunks.map(({ bytes }) => bytes) ?? [])
  }

  /** To be called once the database is read back. */
  begin(): void {
    this.#foldedVersions = this.#versions()
    if (this.#storage.logBytes >= MIN_LOG_BYTES) this.#foldedVersions = ''
    this.changed()
  }

  /** To be called after every change. */
  changed(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    if (this.#storage.kind === 'memory') {
      if (this.#database().collections.some(({ state }) => isSparse(state))) this.#start()
    } else if (foldIsDue(this.#storage.logBytes, this.#snapshotBytes)) this.#start()
    else
      this.#timer = setTimeout(() => {
        this.#start()
      }, IDLE_MS)
  }

  /** Waits for the fold under way; no other follows. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #start(): void {
    if (this.#busy || this.#stopped) return
    this.#busy = true
    const versions = this.#versions()
    // A fold that fails (no room, another writer) loses nothing: the log stays, and the next change tries again.
    void this.#queue
      .exclusive(() => this.#fold())
      .catch(() => undefined)
      .finally(() => {
        this.#busy = false
        // What came meanwhile found the fold under way and left it at that.
        if (this.#versions() !== versions) this.changed()
      })
  }

  /** A call, since what it answers changes while a fold waits. */
  #isStopped(): boolean {
    return this.#stopped
  }

  async #fold(): Promise<void> {
    if (this.#isStopped()) return
    const { collections, nextNumber } = this.#database()
    for (const collection of collections) {
      // Where there is no room for it, dead rows stay for now.
      if (isSparse(collection.state)) await rebuild(collection).catch(() => undefined)
    }
    if (this.#storage.kind === 'memory') return
    const versions = this.#versions()
    if (versions === this.#foldedVersions || !this.#worthwhile(collections)) return

    const fold = this.#storage.beginFold()
    try {
      const snapshots = []
      for (const { state, number, saved } of collections) {
        snapshots.push(await saveState(state, number, fold, saved))
      }
      const saved = snapshots.map((snapshot) => snapshot.saved)
      // Closing waits for a fold, but need not wait for its last step.
      if (this.#isStopped()) {
        await fold.abandon()
        return
      }
      const outcomes = this.#queue.outcomes.saved()
      const body: SavedDatabase = { collections: saved, nextNumber, outcomes }
      const manifest = await fold.commit({
        foldedSeq: this.#queue.lastSeq,
        chunks: saved.flatMap(chunksOf),
        body,
      })
      this.#snapshotBytes = sum(manifest.chunks.map(({ bytes }) => bytes))
      this.#foldedVersions = versions
      for (const [n, collection] of collections.entries()) {
        snapshots[n]?.settle()
        collection.saved = saved[n]
      }
    } catch (error) {
      await fold.abandon()
      throw error
    }
  }

  /** A short log is left alone, but a graph that took long to build is kept, and so is what was measured on it. */
  #worthwhile(collections: readonly LocalCollection[]): boolean {
    if (this.#storage.logBytes >= MIN_LOG_BYTES) return true
    return collections.some(({ state, saved }) => {
      const { index, calibration } = state
      if (calibration && calibration !== saved?.calibration) return true
      return index?.config.graph !== undefined && index.indexed > (saved?.indexed ?? 0)
    })
  }

  #versions(): string {
    const { collections } = this.#database()
    return collections
      .map(({ number, state: { version, index, calibration } }) =>
        [number, version, index?.indexed ?? 0, calibration?.indexed ?? 0].join(':'),
      )
      .join(' ')
  }
}

function isSparse(state: CollectionState): boolean {
  const dead = state.rows - state.count
  return state.rows >= COMPACT_FROM_ROWS && dead >= state.rows * COMPACT_FROM_SHARE
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
