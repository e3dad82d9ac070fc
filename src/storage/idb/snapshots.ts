/** The kept generations: making the next one, and trimming what no generation and nobody who reads them needs. */
import { encodeManifest, type StoredManifest } from '../codec/manifest.ts'
import type { ChunkRef, Manifest, ManifestContent } from '../index.ts'
import { checkManifest, distinctChunks } from '../references.ts'
import { sweepChunks } from './chunks.ts'
import { endPosition } from './claim.ts'
import type { Connection } from './connection.ts'
import { IdbFold } from './fold.ts'
import { type Generations, placeOfManifest, stretchesBetween } from './generations.ts'
import type { Log } from './log.ts'
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
    this.#trimmedTo = this.#neededFrom()
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
    return new IdbFold(this.#connection, this.#log.last, (generation, next, written) =>
      this.#flip(generation, next, written),
    )
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
    const { valid, damaged } = this.#generations
    const [before, oldest] = valid
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
    const dropped = [...damaged, ...(oldest ? [oldest.generation] : [])]
    const generations = { valid: before ? [next, before] : [next], damaged: [] }
    const trimmedTo = this.#neededFrom(generations)
    const claims = [...this.#log.claims.values()]
    const stretches = stretchesBetween(claims, this.#trimmedTo, trimmedTo)
    const outdated = this.#log.outdated.filter(([, seq]) => seq <= trimmedTo)
    await this.#log.flip(['manifest', 'claims'], (store) => {
      store('manifest').add(bytes, generation)
      for (const number of dropped) store('manifest').delete(number)
      for (const [first, last] of stretches) store('log').delete(IDBKeyRange.bound(first, last))
      for (const [epoch, seq] of outdated) {
        store('claims').delete(epoch)
        store('log').delete(seq)
      }
    })

    this.#generations = generations
    this.#trimmedTo = trimmedTo
    this.#log.forgetClaims(outdated.map(([epoch]) => epoch))
    // The generation counts already: what is left over now, the next open or fold drops.
    await sweepChunks(this.#connection, this.#keptChunks(), this.#log.last).catch(() => undefined)
    return next
  }

  #keptChunks(): ChunkRef[] {
    const pinned = [...this.#pinned].flatMap(({ manifests }) => manifests)
    return distinctChunks([...this.valid, ...pinned])
  }

  /** Up to here the log is in every generation that is kept or pinned; 0 where there is none to fall back to. */
  #neededFrom({ valid }: Generations = this.#generations): number {
    const pinned = Array.from(this.#pinned, ({ after }) => after)
    return Math.min(valid[1]?.foldedSeq ?? 0, ...pinned)
  }
}
