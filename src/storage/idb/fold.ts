/** The next generation while it is written: chunks first, verified, then one transaction that makes them count. */
import { QuiverError, toQuiverError } from '../../contract/errors.ts'
import type { ChunkRef, Fold, Manifest, ManifestContent } from '../index.ts'
import { keyOf, refTo } from '../references.ts'
import { placeOf, verifyChunks } from './chunks.ts'
import type { Connection } from './connection.ts'
import { isFull } from './errors.ts'
import { TRANSACTION_BYTES } from './schema.ts'
import { Serial } from './serial.ts'
import { transact } from './transaction.ts'

interface WaitingChunk {
  readonly ref: ChunkRef
  readonly stored: Uint8Array
}

/** Who keeps the generations. */
interface Keeper {
  /** Makes what was written the newest generation. */
  flip(generation: number, next: ManifestContent, written: readonly ChunkRef[]): Promise<Manifest>
  /** Gives up what can be spared, but not what was written. Answers whether there was anything. */
  makeRoom(written: readonly ChunkRef[]): Promise<boolean>
}

export class IdbFold implements Fold {
  readonly #connection: Connection
  readonly #generation: number
  readonly #keeper: Keeper
  readonly #turns = new Serial()
  readonly #written: ChunkRef[] = []
  #waiting: WaitingChunk[] = []
  #waitingBytes = 0
  #failure: QuiverError | undefined
  #ended = false

  constructor(connection: Connection, generation: number, keeper: Keeper) {
    this.#connection = connection
    this.#generation = generation
    this.#keeper = keeper
  }

  /** Committed or abandoned. */
  get ended(): boolean {
    return this.#ended
  }

  async write(path: string, n: number, bytes: Uint8Array): Promise<ChunkRef> {
    const ref = refTo([this.#generation, path, n], bytes, this.#connection.checksum)
    // A copy: a view would be stored together with the whole buffer behind it.
    const copy = bytes.slice()
    await this.#turn(async () => {
      const stored = await this.#connection.cipher.seal(copy, placeOf(ref))
      if (this.#waitingBytes + stored.byteLength > TRANSACTION_BYTES) await this.#flush()
      this.#waiting.push({ ref, stored })
      this.#waitingBytes += stored.byteLength
    })
    return ref
  }

  commit(next: ManifestContent): Promise<Manifest> {
    return this.#turn(async () => {
      await this.#flush()
      await verifyChunks(this.#connection, this.#written)
      const manifest = await this.#withRoom(() =>
        this.#keeper.flip(this.#generation, next, this.#written),
      )
      this.#ended = true
      return manifest
    })
  }

  async abandon(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#ended) return
      this.#ended = true
      this.#waiting = []
      const all = IDBKeyRange.bound([this.#generation], [this.#generation + 1], false, true)
      const dropped = this.#connection.use((db) =>
        transact(db, ['segments'], 'relaxed', (store) => store('segments').delete(all)),
      )
      // What could not be dropped now, the next open or fold drops.
      await dropped.catch(() => undefined)
    })
  }

  /** Waits for what is under way. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }

  /** One step after the other, and none after one that failed: a chunk would be missing. */
  #turn<T>(step: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      this.#connection.assertOpen()
      if (this.#failure) throw this.#failure
      if (this.#ended) throw new QuiverError('INTERNAL', 'This fold has ended.')
      try {
        return await step()
      } catch (error) {
        this.#failure = toQuiverError(error)
        throw this.#failure
      }
    })
  }

  async #flush(): Promise<void> {
    const chunks = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (chunks.length === 0) return
    await this.#withRoom(() =>
      this.#connection.use((db) =>
        transact(db, ['segments'], 'strict', (store) => {
          for (const { ref, stored } of chunks) store('segments').put(stored, keyOf(ref))
        }),
      ),
    )
    this.#written.push(...chunks.map(({ ref }) => ref))
  }

  /** Once more where there was no room and some could be made. */
  async #withRoom<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      if (!isFull(error) || !(await this.#keeper.makeRoom(this.#written))) throw error
      return step()
    }
  }
}
