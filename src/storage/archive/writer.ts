/** Putting a database into one file, so that the heap never holds all of it. */
import {
  type ArchivedChunk,
  type ArchivedPiece,
  encodeArchiveHead,
  encodeOperations,
} from '../codec/archive.ts'
import { type Checksum, toHex } from '../codec/checksum.ts'
import type { ChunkRef } from '../index.ts'
import { type ChunkKey, refTo } from '../references.ts'

/** The file is made of parts of about this size, which the browser may keep on disk. */
const PART_BYTES = 4 * 2 ** 20

/** Chunks and operations in any order, then `finish`. Bytes that were added must not change any more. */
export class ArchiveWriter {
  readonly #checksum: Checksum
  readonly #chunks: ArchivedChunk[] = []
  readonly #chunkParts = new Parts()
  readonly #log: ArchivedPiece[] = []
  readonly #logParts = new Parts()
  #operations: Uint8Array[] = []
  #operationBytes = 0

  constructor(checksum: Checksum) {
    this.#checksum = checksum
  }

  addChunk(key: ChunkKey, bytes: Uint8Array): ChunkRef {
    const ref = refTo(key, bytes, this.#checksum)
    this.#chunks.push([ref.generation, ref.path, ref.n, ref.bytes, ref.hash])
    this.#chunkParts.add(bytes)
    return ref
  }

  addOperation(operation: Uint8Array): void {
    this.#operations.push(operation)
    this.#operationBytes += operation.byteLength
    if (this.#operationBytes >= PART_BYTES) this.#endPiece()
  }

  /** @param body of the manifest; JSON */
  finish(body: unknown): Blob {
    if (this.#operations.length > 0) this.#endPiece()
    const head = encodeArchiveHead({ chunks: this.#chunks, log: this.#log, body }, this.#checksum)
    return new Blob([head, ...this.#chunkParts.finish(), ...this.#logParts.finish()])
  }

  #endPiece(): void {
    const piece = encodeOperations(this.#operations)
    this.#operations = []
    this.#operationBytes = 0
    this.#log.push([piece.byteLength, toHex(this.#checksum(piece))])
    this.#logParts.add(piece)
  }
}

/** Bytes on their way out of the heap. */
class Parts {
  readonly #parts: Blob[] = []
  #waiting: Uint8Array[] = []
  #waitingBytes = 0

  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.byteLength
    if (this.#waitingBytes >= PART_BYTES) this.#flush()
  }

  finish(): readonly Blob[] {
    this.#flush()
    return this.#parts
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#waiting as Uint8Array<ArrayBuffer>[]))
    this.#waiting = []
    this.#waitingBytes = 0
  }
}
