import type { ChunkRef, Storage } from '../storage/index.ts'
import { decodeStrings, encodeStrings } from '../storage/codec/strings.ts'
import { DamagedChunk } from './damage.ts'

/** Texts of about this many characters share a chunk: enough for a quick write, little to read for one record. */
const CHUNK_CHARACTERS = 64 * 1024

/** Decoded chunks kept for the next search, about 8 MB of text. */
const CACHED_CHUNKS = 128

/** A stored chunk of documents: those of rows `[firstRow, firstRow + rows)`. */
export interface DocumentChunk {
  readonly ref: ChunkRef
  readonly firstRow: number
  readonly rows: number
}

/**
 * The JSON texts of all records, by row. Rows that are folded live in storage and are read when they are asked for; rows
 * that are only in the log yet are kept in memory.
 */
export class Documents {
  readonly #chunks: DocumentChunk[]
  readonly #cache = new Map<DocumentChunk, Promise<readonly string[]>>()
  #tail: string[] = []
  #tailRow: number

  constructor(chunks: readonly DocumentChunk[] = []) {
    this.#chunks = [...chunks]
    const last = chunks.at(-1)
    this.#tailRow = last ? last.firstRow + last.rows : 0
  }

  get chunks(): readonly DocumentChunk[] {
    return this.#chunks
  }

  append(documents: readonly string[]): void {
    for (const document of documents) this.#tail.push(document)
  }

  /** The documents of `rows`, in that order. @throws QuiverError `CORRUPT` */
  async read(rows: readonly number[], storage: Storage): Promise<string[]> {
    const found = rows.map(async (row) => {
      if (row >= this.#tailRow) return this.#tail[row - this.#tailRow]
      const chunk = this.#chunkOf(row)
      const texts = await this.#readChunk(chunk, storage)
      return texts[row - chunk.firstRow]
    })
    const documents = await Promise.all(found)
    return documents.map((document) => document ?? '{}')
  }

  /** Takes what is stored into memory, for a storage that will not be there any longer. @throws QuiverError `CORRUPT` */
  async detach(storage: Storage): Promise<void> {
    const tail: string[] = []
    for (const chunk of this.#chunks) {
      for (const document of await readStrings(chunk, storage)) tail.push(document)
    }
    for (const document of this.#tail) tail.push(document)
    this.#tail = tail
    this.#tailRow = 0
    this.#chunks.length = 0
    this.#cache.clear()
  }

  /** Writes the rows that are only in memory, as new chunks after the stored ones. Nothing changes before `settle`. */
  async fold(
    write: (n: number, bytes: Uint8Array) => Promise<ChunkRef>,
  ): Promise<{ chunks: readonly DocumentChunk[]; settle: () => void }> {
    const added: DocumentChunk[] = []
    let from = 0
    while (from < this.#tail.length) {
      let to = from
      for (let size = 0; to < this.#tail.length && size < CHUNK_CHARACTERS; to++) {
        size += this.#tail[to]?.length ?? 0
      }
      const n = this.#chunks.length + added.length
      const ref = await write(n, encodeStrings(this.#tail.slice(from, to)))
      added.push({ ref, firstRow: this.#tailRow + from, rows: to - from })
      from = to
    }
    const settle = (): void => {
      this.#chunks.push(...added)
      this.#tail = this.#tail.slice(from)
      this.#tailRow += from
    }
    return { chunks: [...this.#chunks, ...added], settle }
  }

  #chunkOf(row: number): DocumentChunk {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle]?.firstRow ?? 0) <= row) low = middle
      else high = middle - 1
    }
    const chunk = this.#chunks[low]
    if (!chunk) throw new RangeError(`No document chunk for row ${String(row)}.`)
    return chunk
  }

  #readChunk(chunk: DocumentChunk, storage: Storage): Promise<readonly string[]> {
    const cached = this.#cache.get(chunk)
    this.#cache.delete(chunk)
    const texts = cached ?? readStrings(chunk, storage)
    this.#cache.set(chunk, texts)
    // A failed read must be tried again, not remembered.
    if (!cached) texts.catch(() => this.#cache.delete(chunk))
    if (this.#cache.size > CACHED_CHUNKS) {
      const oldest = this.#cache.keys().next()
      if (!oldest.done) this.#cache.delete(oldest.value)
    }
    return texts
  }
}

async function readStrings(chunk: DocumentChunk, storage: Storage): Promise<readonly string[]> {
  const bytes = await storage.readChunk(chunk.ref)
  if (!bytes) throw new DamagedChunk(chunk.ref)
  return decodeStrings(bytes)
}
