/** The rows of a saved collection, each as far as the chunks it lies in can be read. */
import type { Engine } from '../engine/index.ts'
import { decodeStrings } from '../storage/codec/strings.ts'
import type { ChunkRef, Storage } from '../storage/index.ts'
import { VectorKind } from '../storage/operations.ts'
import { Bitset } from './filter/bitset.ts'
import {
  CHUNK_ROWS,
  DEAD,
  indexConfigOf,
  rowsOfChunk,
  type SavedCollection,
  storedLayout,
} from './snapshot.ts'

/** `undefined`: it cannot be read. */
export interface StoredRow {
  readonly id: string | undefined
  readonly kind: number | undefined
  /** Zeros where the record has none. */
  readonly vector: Float32Array | undefined
  readonly document: string | undefined
}

export class StoredRows {
  /** Rows that hold a record. */
  readonly live: readonly number[]
  readonly #ids: readonly (string | undefined)[]
  readonly #kinds: readonly (number | undefined)[]
  readonly #vectors: Chunks<Float32Array>
  readonly #documents: Chunks<readonly string[]>
  readonly #saved: SavedCollection
  /** The one that the last row lies in. */
  #documentChunk = 0

  private constructor(
    engine: Engine,
    storage: Storage,
    saved: SavedCollection,
    ids: readonly (string | undefined)[],
    kinds: readonly (number | undefined)[],
    live: readonly number[],
  ) {
    const { index, documents } = saved
    this.#saved = saved
    this.#ids = ids
    this.#kinds = kinds
    this.live = live
    this.#vectors = new Chunks(storage, index?.chunks.vectors ?? [], (bytes) =>
      index ? engine.readVectors(indexConfigOf(index), bytes) : new Float32Array(0),
    )
    const documentRefs = documents.map(({ ref }) => ref)
    this.#documents = new Chunks(storage, documentRefs, decodeStrings)
  }

  static async open(engine: Engine, storage: Storage, saved: SavedCollection): Promise<StoredRows> {
    const { rows, ids: idRefs, kinds: kindRefs, live: liveRef } = storedLayout(saved)
    const ids = await readRows(rows, CHUNK_ROWS, new Chunks(storage, idRefs, decodeStrings))
    const kindRows = liveRef ? CHUNK_ROWS : rows
    const marked = await readRows(
      rows,
      kindRows,
      new Chunks(storage, kindRefs, (bytes) => [...bytes]),
    )
    const kinds = marked.map((kind) => kind && kind & ~DEAD)
    const bytes = liveRef && (await storage.readChunk(liveRef))
    const live = bytes
      ? Bitset.fromBytes(bytes, rows).rows()
      : lastRows(ids).filter((row) => !((marked[row] ?? 0) & DEAD))
    return new StoredRows(engine, storage, saved, ids, kinds, live)
  }

  /** Rows are to be asked for in order. */
  async read(row: number): Promise<StoredRow> {
    const vector = await this.#vectorOf(row)
    return {
      id: this.#ids[row],
      kind: this.#kinds[row] ?? (vector && this.#likelyKind(vector)),
      vector,
      document: await this.#documentOf(row),
    }
  }

  async #vectorOf(row: number): Promise<Float32Array | undefined> {
    const { index, rows } = this.#saved
    if (!index) return new Float32Array(0)
    const each = rowsOfChunk(rows, index.chunks.vectors.length)
    const chunk = await this.#vectors.read(Math.floor(row / each))
    const from = (row % each) * index.config.dimension
    return chunk?.subarray(from, from + index.config.dimension)
  }

  async #documentOf(row: number): Promise<string | undefined> {
    const { documents } = this.#saved
    while ((documents[this.#documentChunk + 1]?.firstRow ?? Infinity) <= row) this.#documentChunk++
    const texts = await this.#documents.read(this.#documentChunk)
    return texts?.[row - (documents[this.#documentChunk]?.firstRow ?? 0)]
  }

  #likelyKind(vector: Float32Array): number {
    if (vector.every((value) => value === 0)) return VectorKind.none
    return this.#saved.config.embedder ? VectorKind.embedded : VectorKind.given
  }
}

/** Chunks by number, of which the last one read is kept. */
class Chunks<T> {
  readonly #storage: Storage
  readonly #refs: readonly ChunkRef[]
  readonly #decode: (bytes: Uint8Array) => T
  #last: { readonly n: number; readonly content: T | undefined } | undefined

  constructor(storage: Storage, refs: readonly ChunkRef[], decode: (bytes: Uint8Array) => T) {
    this.#storage = storage
    this.#refs = refs
    this.#decode = decode
  }

  /** `undefined` where it is damaged. */
  async read(n: number): Promise<T | undefined> {
    if (this.#last?.n === n) return this.#last.content
    const ref = this.#refs[n]
    const bytes = ref && (await this.#storage.readChunk(ref))
    const content = bytes && this.#decode(bytes)
    this.#last = { n, content }
    return content
  }
}

/** One value for each row, of chunks of `each` rows. */
async function readRows<T>(
  rows: number,
  each: number,
  chunks: Chunks<readonly T[]>,
): Promise<(T | undefined)[]> {
  const values: (T | undefined)[] = []
  for (let row = 0; row < rows; row++) {
    values.push((await chunks.read(Math.floor(row / each)))?.[row % each])
  }
  return values
}

/** Of each id the last row, ascending; and all rows whose id is not known. */
function lastRows(ids: readonly (string | undefined)[]): number[] {
  const last = new Map(ids.map((id, row) => [id, row]))
  return [...ids.keys()].filter((row) => ids[row] === undefined || last.get(ids[row]) === row)
}
