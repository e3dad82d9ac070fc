/** The kept generations: making the next one, and trimming what no generation and nobody who reads them needs. */
import { encodeManifest, type StoredManifest } from '../codec/manifest.ts'
import type { ChunkRef, Manifest, ManifestContent } from '../index.ts'
import { checkManifest, distinctChunks } from '../references.ts'
import { sweepChunks, verifyChunks } from './chunks.ts'
import { endPosition } from './claim.ts'
import type { Connection } from './connection.ts'
import { IdbFold } from './fold.ts'
import { type Generations, placeOfManifest, stretchesBetween } from './generations.ts'
import type { Alongside, Log } from './log.ts'
import { read } from './read.ts'

/** What somebody reads who does not want it trimmed. */
interface Pinned {
  readonly manifests: readonly StoredManifest[]
  /** Records after this one. */
  readonly after: number
}

export class Snapshots {
  readonly #connection: Connection
  readonly #log: Log
  readonly #pinned = new Set<Pinned>()
  #generations: Generations
  /** The log holds nothing but claims up to this record. */
  #trimmedTo: number

  constructor(connection: Connection, log: Log, generations: Generations) {
    this.#connection = connection
    this.#log = log
    this.#generations = generations
    this.#trimmedTo = generations.valid[1]?.foldedSeq ?? 0
  }

  /** Newest first, two at most. */
  get valid(): readonly StoredManifest[] {
    return this.#generations.valid
  }

  get newest(): StoredManifest | undefined {
    return this.valid[0]
  }

  /** Keeps what is pinned until the function it answers is called. */
  pin(pinned: Pinned): () => void {
    this.#pinned.add(pinned)
    return () => this.#pinned.delete(pinned)
  }

  beginFold(): IdbFold {
    return new IdbFold(this.#connection, this.#log.last, {
      flip: (generation, next, written) => this.#flip(generation, next, written),
      makeRoom: (written) => this.#makeRoom(written),
    })
  }

  /** Drops what a writer before this one left behind: folds that were never committed, and what was pinned. */
  async sweep(): Promise<void> {
    // Where a manifest cannot be read, its chunks and its log may yet be wanted.
    if (this.#generations.damaged.length > 0) return
    await sweepChunks(this.#connection, this.#keptChunks(), this.#log.last)
    const trimmed = IDBKeyRange.upperBound(this.#trimmedTo)
    const [records] = await this.#connection.use((db) =>
      read<[number]>(db, ['log'], (store) => [store('log').count(trimmed)]),
    )
    const claims = [...this.#log.claims.values()].filter((seq) => seq <= this.#trimmedTo)
    // The next fold trims from the beginning, then.
    if (records > claims.length) this.#trimmedTo = 0
  }

  async #flip(
    generation: number,
    content: ManifestContent,
    written: readonly ChunkRef[],
  ): Promise<Manifest> {
    const before = this.newest
    checkManifest(content, before, written, this.#log.last)
    const next: StoredManifest = {
      ...content,
      generation,
      foldedPosition: await endPosition(
        this.#connection,
        content.foldedSeq,
        before?.foldedPosition ?? 0,
      ),
    }
    const { checksum, cipher } = this.#connection
    const bytes = await cipher.seal(encodeManifest(next, checksum), placeOfManifest(generation))
    const kept = before ? [next, before] : [next]
    await this.#keep(kept, before?.foldedSeq ?? 0, [], (store) =>
      store('manifest').add(bytes, generation),
    )
    await this.#log.keepSpare()
    return next
  }

  /**
   * Gives up the older generation, where the newest is whole, so that a disk which cannot hold three can hold the next one.
   * Answers whether there was one.
   */
  async #makeRoom(written: readonly ChunkRef[]): Promise<boolean> {
    const [newest, older] = this.valid
    if (!newest || !older) return false
    await verifyChunks(this.#connection, newest.chunks)
    await this.#keep([newest], newest.foldedSeq, written)
    return true
  }

  /**
   * Makes these the generations that are kept, in one transaction with what `alongside` writes, and trims the log up to
   * `seq` and all chunks but theirs and those just `written`.
   */
  async #keep(
    valid: readonly StoredManifest[],
    seq: number,
    written: readonly ChunkRef[],
    alongside: Alongside = () => undefined,
  ): Promise<void> {
    const kept = new Set(valid.map(({ generation }) => generation))
    const present = [
      ...this.valid.map(({ generation }) => generation),
      ...this.#generations.damaged,
    ]
    const trimmedTo = Math.min(seq, ...Array.from(this.#pinned, ({ after }) => after))
    const claims = [...this.#log.claims.values()]
    const stretches = stretchesBetween(claims, this.#trimmedTo, trimmedTo)
    const outdated = this.#log.outdated.filter(([, claim]) => claim <= trimmedTo)
    await this.#log.flip(['manifest', 'claims'], (store) => {
      alongside(store)
      for (const each of present) if (!kept.has(each)) store('manifest').delete(each)
      for (const [first, last] of stretches) store('log').delete(IDBKeyRange.bound(first, last))
      for (const [epoch, claim] of outdated) {
        store('claims').delete(epoch)
        store('log').delete(claim)
      }
    })

    this.#generations = { valid, damaged: [] }
    this.#trimmedTo = trimmedTo
    this.#log.forgetClaims(outdated.map(([epoch]) => epoch))
    // What is left over now, the next open or fold drops.
    const chunks = [...this.#keptChunks(), ...written]
    await sweepChunks(this.#connection, chunks, this.#log.last).catch(() => undefined)
  }

  #keptChunks(): ChunkRef[] {
    const pinned = [...this.#pinned].flatMap(({ manifests }) => manifests)
    return distinctChunks([...this.valid, ...pinned])
  }
}
