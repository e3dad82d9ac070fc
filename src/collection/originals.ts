/** The vectors as given of an index that was loaded without them, and is searched by its codes meanwhile. */
import type { VectorIndex } from '../engine/index.ts'
import { nextTask } from '../platform/task.ts'
import type { ChunkRef, Storage } from '../storage/index.ts'
import { DamagedChunk } from './damage.ts'
import { rowsOfChunk } from './snapshot.ts'

/** Chunks read at a time, of up to 4 MiB each: few where nobody waits for them, so that searches come first. */
const READS_AHEAD = { now: 8, background: 2 } as const

export type Hurry = keyof typeof READS_AHEAD

/** Brings the chunks of vectors in the order of rows, and before their turn where somebody waits for them. */
export class Originals {
  readonly #index: VectorIndex
  readonly #storage: Storage
  readonly #refs: readonly ChunkRef[]
  readonly #rows: number
  readonly #brought: (Promise<void> | undefined)[] = []
  #stopped = false

  /** `refs`: all chunks of the vectors of the first `rows` rows. */
  constructor(index: VectorIndex, storage: Storage, refs: readonly ChunkRef[], rows: number) {
    this.#index = index
    this.#storage = storage
    this.#refs = refs
    this.#rows = rows
  }

  /** Resolves when the vector of a row is there. @throws QuiverError `CORRUPT` */
  async need(row: number): Promise<void> {
    if (row >= this.#rows) return
    await this.#bring(Math.floor(row / rowsOfChunk(this.#rows, this.#refs.length)))
  }

  /** Resolves when all are there, or when it was stopped. @throws QuiverError `CORRUPT` */
  async all(hurry: Hurry): Promise<void> {
    const underWay: Promise<void>[] = []
    for (const n of this.#refs.keys()) {
      underWay.push(this.#bring(n))
      if (underWay.length < READS_AHEAD[hurry]) continue
      await underWay.shift()
      // Copying 4 MiB takes a millisecond or two: searches get their turn in between.
      await nextTask()
      if (this.#isStopped()) return
    }
    await Promise.all(underWay)
  }

  /** To be called before the index is freed. */
  stop(): void {
    this.#stopped = true
  }

  /** A call, since what it answers changes while a chunk is read. */
  #isStopped(): boolean {
    return this.#stopped
  }

  #bring(n: number): Promise<void> {
    const brought = (this.#brought[n] ??= this.#read(n))
    // Whoever waits hears of it, and whoever asks again has it read again.
    brought.catch(() => (this.#brought[n] = undefined))
    return brought
  }

  async #read(n: number): Promise<void> {
    const ref = this.#refs[n]
    if (!ref || this.#isStopped()) return
    const bytes = await this.#storage.readChunk(ref)
    if (this.#isStopped()) return
    if (!bytes) throw new DamagedChunk(ref)
    this.#index.handIn('vectors', n, bytes)
  }
}
