/** An exported file as a storage that can only be read: what opens a database opens a file. */
import { QuiverError } from '../../contract/errors.ts'
import {
  ARCHIVE_PREFIX_BYTES,
  type ArchiveHead,
  archiveHeadEnd,
  decodeArchiveHead,
  decodeOperations,
} from '../codec/archive.ts'
import { damaged } from '../codec/bytes.ts'
import { type Checksum, loadChecksum, toHex } from '../codec/checksum.ts'
import type {
  ChunkRef,
  Fold,
  LoggedOperation,
  Manifest,
  Pin,
  ReplayOptions,
  Storage,
  StorageVerification,
} from '../index.ts'
import { keyOf, nameOf } from '../references.ts'

/**
 * Reads the head of the file; whatever else is read, is when it is asked for, and takes no more memory than it is long.
 * @param onRead hears of the bytes of every piece that was read
 * @throws QuiverError `CORRUPT`, `NEWER_FORMAT`
 */
export async function openArchive(blob: Blob, onRead: (bytes: number) => void): Promise<Storage> {
  const checksum = await loadChecksum()
  const prefix = await readBytes(blob, 0, Math.min(ARCHIVE_PREFIX_BYTES, blob.size))
  const end = archiveHeadEnd(prefix, blob.size)
  const head = decodeArchiveHead(await readBytes(blob, 0, end), checksum)
  onRead(end)
  return new ArchiveStorage(blob, checksum, onRead, head, end)
}

/** Where a piece lies in the file, and what it must be. */
interface Piece {
  readonly what: string
  readonly offset: number
  readonly bytes: number
  readonly hash: string
}

class ArchiveStorage implements Storage {
  readonly kind = 'memory'
  readonly writable = false
  readonly damage = []
  readonly manifest: Manifest
  readonly #blob: Blob
  readonly #checksum: Checksum
  readonly #onRead: (bytes: number) => void
  readonly #chunks = new Map<string, Piece>()
  readonly #log: readonly Piece[]
  #failure: QuiverError | undefined

  constructor(
    blob: Blob,
    checksum: Checksum,
    onRead: (bytes: number) => void,
    head: ArchiveHead,
    headEnd: number,
  ) {
    this.#blob = blob
    this.#checksum = checksum
    this.#onRead = onRead
    let offset = headEnd
    const place = (what: string, bytes: number, hash: string): Piece => {
      offset += bytes
      return { what, offset: offset - bytes, bytes, hash }
    }
    const chunks = head.chunks.map(([generation, path, n, bytes, hash]): ChunkRef => {
      const ref = { generation, path, n, bytes, hash }
      this.#chunks.set(nameOf(keyOf(ref)), place(`chunk ${n} of ${path}`, bytes, hash))
      return ref
    })
    this.#log = head.log.map(([bytes, hash], n) => place(`piece ${n} of the log`, bytes, hash))
    if (this.#chunks.size < chunks.length) throw damaged('a chunk is in the file twice')
    if (offset !== blob.size) {
      throw damaged(`the file has ${blob.size} bytes where its head asks for ${offset}`)
    }
    this.manifest = { generation: 0, foldedSeq: 0, chunks, body: head.body }
  }

  get manifests(): readonly Manifest[] {
    return [this.manifest]
  }

  get failure(): QuiverError | undefined {
    return this.#failure
  }

  get logBytes(): number {
    return this.#log.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async *replay(
    after: number,
    { upTo = Infinity }: ReplayOptions = {},
  ): AsyncIterable<LoggedOperation> {
    let seq = 0
    for (const piece of this.#log) {
      for (const operation of decodeOperations(await this.#read(piece))) {
        seq++
        if (seq > after && seq <= upTo) yield { seq, operation }
      }
    }
  }

  async *readChunks(refs: readonly ChunkRef[]): AsyncIterable<Uint8Array> {
    for (const ref of refs) {
      const piece = this.#chunks.get(nameOf(keyOf(ref)))
      if (!piece) throw damaged(`chunk ${ref.n} of ${ref.path} is not in the file`)
      yield await this.#read(piece)
    }
  }

  async readChunk(ref: ChunkRef): Promise<Uint8Array | undefined> {
    try {
      for await (const chunk of this.readChunks([ref])) return chunk
    } catch (error) {
      if (!(error instanceof QuiverError) || error.code !== 'CORRUPT') throw error
    }
    return undefined
  }

  async verify(): Promise<StorageVerification> {
    const pieces = [...this.#chunks.values(), ...this.#log]
    for (const piece of pieces) await this.#read(piece)
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
    return { chunks: pieces.length, bytes, damagedChunks: [], damagedRecords: [] }
  }

  /** A file does not change. */
  subscribe(): () => void {
    return () => undefined
  }

  pin(): Pin {
    return { manifest: this.manifest, lastSeq: Infinity, release: () => undefined }
  }

  async confirm(): Promise<void> {
    this.#assertOpen()
  }

  async append(): Promise<number> {
    throw readOnly()
  }

  beginFold(): Fold {
    throw readOnly()
  }

  async usage(): Promise<number> {
    return this.#blob.size
  }

  async close(): Promise<void> {
    this.fail(new QuiverError('CLOSED', 'The file is closed.'))
  }

  fail(reason: QuiverError): void {
    this.#failure ??= reason
  }

  async #read({ what, offset, bytes, hash }: Piece): Promise<Uint8Array> {
    this.#assertOpen()
    const read = await readBytes(this.#blob, offset, offset + bytes)
    if (toHex(this.#checksum(read)) !== hash) throw damaged(`${what} does not match its checksum`)
    this.#onRead(bytes)
    return read
  }

  #assertOpen(): void {
    if (this.#failure) throw this.#failure
  }
}

function readOnly(): QuiverError {
  return new QuiverError('UNSUPPORTED', 'An exported file can be read, not changed.')
}

async function readBytes(blob: Blob, start: number, end: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.slice(start, end).arrayBuffer())
  } catch (cause) {
    throw new QuiverError(
      'CORRUPT',
      'The file cannot be read. Was it moved or changed since it was chosen? Choose it again.',
      { cause },
    )
  }
}
