import { QuiverError } from '../contract/errors.ts'
import type { Fold, Storage } from '../storage/index.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { LocalCollection } from './collection.ts'
import {
  type FoldAttempt,
  foldPause,
  type FoldTime,
  foldTime,
  graphIsWorthFolding,
  isSparse,
} from './fold-policy.ts'
import type { SavedOutcomes } from './outcomes.ts'
import { rebuild } from './rebuild.ts'
import { chunksOf, type ChunkWriter, type SavedCollection, saveState } from './snapshot.ts'

/** What the manifest holds beside the chunks. */
export interface SavedDatabase {
  readonly collections: readonly SavedCollection[]
  /** The number the next collection gets; numbers are never reused. */
  readonly nextNumber: number
  /** Absent in snapshots of earlier versions. */
  readonly outcomes?: SavedOutcomes
}

interface Contents {
  readonly collections: readonly LocalCollection[]
  readonly nextNumber: number
}

/** Nobody has written for this long: time to fold, in milliseconds. */
const IDLE_MS = 1500

/**
 * Folds the log of a database into a snapshot when it has grown long, or when nobody has written for a while, so that the
 * next open finds little to replay. `fold-policy.ts` says when.
 */
export class Folding {
  readonly #storage: Storage
  readonly #queue: CommitQueue
  readonly #contents: () => Contents
  #snapshotBytes: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #busy = false
  #changedMeanwhile = false
  #stopped = false
  #failed: FoldAttempt | undefined

  constructor(storage: Storage, queue: CommitQueue, contents: () => Contents) {
    this.#storage = storage
    this.#queue = queue
    this.#contents = contents
    this.#snapshotBytes = sum(storage.manifest?.chunks.map(({ bytes }) => bytes) ?? [])
  }

  /** To be called once the database is read back, and after every change. */
  changed(): void {
    clearTimeout(this.#timer)
    this.#changedMeanwhile = this.#busy
    if (this.#busy || this.#stopped) return
    const time = this.#time()
    if (time === 'later') return
    const pause = foldPause(this.#failed, this.#attempt())
    if (time === 'now' && pause === 0) this.#start()
    else this.#startIn(Math.max(pause, IDLE_MS))
  }

  /** The fold under way ends at its next chunk; no other follows. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #time(): FoldTime {
    const { collections } = this.#contents()
    const sparse = collections.some(({ state }) => isSparse(state.rows, state.count))
    if (this.#storage.kind === 'memory') return sparse ? 'now' : 'later'
    // Vectors that are still to be read cannot be written.
    if (collections.some(({ state }) => state.isLoading)) return 'later'
    const rows = collections.map(({ state, saved }) => state.rows - (saved?.rows ?? 0))
    const time = foldTime({
      bytes: this.#storage.logBytes,
      rows: sum(rows),
      snapshotBytes: this.#snapshotBytes,
    })
    return time === 'later' && (sparse || collections.some(isWorthFolding)) ? 'idle' : time
  }

  #startIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#start()
    }, ms)
  }

  #start(): void {
    if (this.#busy || this.#stopped) return
    this.#busy = true
    // A fold that fails (no room, another writer) loses nothing: the log stays, and another is tried later.
    void this.#queue
      .exclusive(() => this.#fold())
      .then(
        () => (this.#failed = undefined),
        () => (this.#failed = this.#attempt()),
      )
      .finally(() => {
        this.#busy = false
        if (this.#changedMeanwhile) this.changed()
      })
  }

  #attempt(): FoldAttempt {
    return { at: performance.now(), bytes: this.#storage.logBytes }
  }

  async #fold(): Promise<void> {
    const { collections, nextNumber } = this.#contents()
    if (this.#stopped || collections.some(({ state }) => state.isLoading)) return
    for (const collection of collections) {
      const { rows, count } = collection.state
      // Where there is no room for it, dead rows stay for now.
      if (isSparse(rows, count)) await rebuild(collection).catch(() => undefined)
    }
    if (this.#storage.kind === 'memory') return
    const fold = this.#storage.beginFold()
    try {
      await this.#write(fold, collections, nextNumber)
    } catch (error) {
      await fold.abandon()
      throw error
    }
  }

  async #write(
    fold: Fold,
    collections: readonly LocalCollection[],
    nextNumber: number,
  ): Promise<void> {
    const writer: ChunkWriter = {
      write: (path, n, bytes) => {
        this.#requireRunning()
        return fold.write(path, n, bytes)
      },
    }
    const snapshots = []
    for (const { state, number, saved } of collections) {
      snapshots.push(await saveState(state, number, writer, saved))
    }
    this.#requireRunning()
    const saved = snapshots.map((snapshot) => snapshot.saved)
    const outcomes = this.#queue.outcomes.saved()
    const body: SavedDatabase = { collections: saved, nextNumber, outcomes }
    const manifest = await fold.commit({
      foldedSeq: this.#queue.lastSeq,
      chunks: saved.flatMap(chunksOf),
      body,
    })
    this.#snapshotBytes = sum(manifest.chunks.map(({ bytes }) => bytes))
    for (const [n, { saved, settle }] of snapshots.entries()) {
      settle()
      collections[n]?.wasFolded(saved)
    }
  }

  /** Closing waits for a fold, but need not wait for what is left of it. */
  #requireRunning(): void {
    if (!this.#stopped) return
    throw new QuiverError('CLOSED', 'The database is closed; its log is folded the next time.')
  }
}

/** However short the log: what took long to make or would be made again at every open. */
function isWorthFolding({ state, saved, isRewritten }: LocalCollection): boolean {
  const { index, calibration } = state
  if (isRewritten || (calibration && calibration !== saved?.calibration)) return true
  return graphIsWorthFolding(index?.indexed ?? 0, saved?.indexed ?? 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
