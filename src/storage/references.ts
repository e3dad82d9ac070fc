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

/** The chunk as it was written. @throws QuiverError `CORRUPT` for anything else */
export function verifyChunk(value: unknown, ref: ChunkRef, checksum: Checksum): Uint8Array {
  const whole =
    value instanceof Uint8Array &&
    value.byteLength === ref.bytes &&
    toHex(checksum(value)) === ref.hash
  if (!whole) {
    throw new QuiverError(
      'CORRUPT',
      `Chunk ${ref.n} of ${ref.path} (generation ${ref.generation}) is ${value === undefined ? 'missing' : 'damaged'}.`,
    )
  }
  return value
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
