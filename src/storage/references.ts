/** Small helpers around chunk references, shared by the storages. */
import { QuiverError } from '../contract/errors.ts'
import { type Checksum, toHex } from './codec/checksum.ts'
import type { ChunkRef, ManifestContent } from './index.ts'

export type ChunkKey = [generation: number, path: string, n: number]

export function keyOf(ref: ChunkRef): ChunkKey {
  return [ref.generation, ref.path, ref.n]
}

/** The key as one string, for sets and maps. */
export function nameOf([generation, path, n]: ChunkKey): string {
  return `${generation}/${n}/${path}`
}

export function refTo(key: ChunkKey, bytes: Uint8Array, checksum: Checksum): ChunkRef {
  const [generation, path, n] = key
  return { generation, path, n, bytes: bytes.byteLength, hash: toHex(checksum(bytes)) }
}

/** Whether `value` is the chunk as it was written. */
export function isChunk(value: unknown, ref: ChunkRef, checksum: Checksum): value is Uint8Array {
  return (
    value instanceof Uint8Array &&
    value.byteLength === ref.bytes &&
    toHex(checksum(value)) === ref.hash
  )
}

/** @throws QuiverError `CORRUPT` where there is no chunk */
export function requireChunk(chunk: Uint8Array | undefined, ref: ChunkRef): Uint8Array {
  if (chunk) return chunk
  throw new QuiverError(
    'CORRUPT',
    `Chunk ${ref.n} of ${ref.path} (generation ${ref.generation}) is damaged or missing.`,
  )
}

/** Refuses a manifest that would lose operations or name chunks that are not there. */
export function checkManifest(
  next: ManifestContent,
  current: ManifestContent | undefined,
  written: readonly ChunkRef[],
  lastSeq: number,
): void {
  const { foldedSeq } = next
  if (
    !Number.isInteger(foldedSeq) ||
    foldedSeq < (current?.foldedSeq ?? 0) ||
    foldedSeq > lastSeq
  ) {
    throw new QuiverError('INTERNAL', `A fold cannot end at operation ${foldedSeq} of ${lastSeq}.`)
  }
  const known = new Set([...(current?.chunks ?? []), ...written].map((ref) => nameOf(keyOf(ref))))
  const stray = next.chunks.find((ref) => !known.has(nameOf(keyOf(ref))))
  if (stray) {
    throw new QuiverError(
      'INTERNAL',
      `A fold refers to chunk ${stray.n} of ${stray.path}, which neither it nor the generation before wrote.`,
    )
  }
}

/** The chunks that these manifests refer to, each once. */
export function distinctChunks(manifests: readonly Pick<ManifestContent, 'chunks'>[]): ChunkRef[] {
  const refs = manifests.flatMap(({ chunks }) => chunks)
  return [...new Map(refs.map((ref) => [nameOf(keyOf(ref)), ref])).values()]
}
