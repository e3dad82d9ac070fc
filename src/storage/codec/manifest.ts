/**
 * A manifest, version 1: sealed JSON (`sealed.ts`) stored under its generation, encrypted where the header says so (`cipher.ts`).
 *
 * ```
 * { version: 1, generation, foldedSeq, foldedPosition, chunks: [[generation, path, n, bytes, xxh64], ...], body }
 * ```
 */
import { QuiverError } from '../../contract/errors.ts'
import type { ChunkRef, Manifest } from '../index.ts'
import { damaged } from './bytes.ts'
import type { Checksum } from './checksum.ts'
import { isCount, openSealedJson, sealJson } from './sealed.ts'

const VERSION = 1

/** A manifest with what the storage itself needs to know. */
export interface StoredManifest extends Manifest {
  /** Bytes of log up to and with `foldedSeq`. */
  readonly foldedPosition: number
}

type PackedRef = readonly [generation: number, path: string, n: number, bytes: number, hash: string]

interface PackedManifest extends Omit<StoredManifest, 'chunks'> {
  readonly version: number
  readonly chunks: readonly PackedRef[]
}

export function encodeManifest(manifest: StoredManifest, checksum: Checksum): Uint8Array {
  const { generation, foldedSeq, foldedPosition, body } = manifest
  const chunks = manifest.chunks.map((ref): PackedRef => [
    ref.generation,
    ref.path,
    ref.n,
    ref.bytes,
    ref.hash,
  ])
  const packed: PackedManifest = {
    version: VERSION,
    generation,
    foldedSeq,
    foldedPosition,
    chunks,
    body,
  }
  return sealJson(packed, checksum)
}

/** The manifest stored under `generation`. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export function decodeManifest(
  value: unknown,
  generation: number,
  checksum: Checksum,
): StoredManifest {
  const what = `the manifest of generation ${generation}`
  const packed = openSealedJson(value, what, checksum)
  const { version, foldedSeq, foldedPosition, chunks, body } = packed
  if (!isCount(version)) throw damaged(`${what} names no version`)
  if (version !== VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `${what} is of version ${version}, this Quiver reads ${VERSION}. Use a newer Quiver.`,
    )
  }
  if (packed['generation'] !== generation) throw damaged(`${what} is in the wrong place`)
  if (!isCount(foldedSeq) || !isCount(foldedPosition) || !Array.isArray(chunks)) {
    throw damaged(`${what} lacks what every manifest has`)
  }
  return {
    generation,
    foldedSeq,
    foldedPosition,
    chunks: chunks.map((ref: unknown) => unpackRef(ref, what)),
    body,
  }
}

function unpackRef(packed: unknown, what: string): ChunkRef {
  const [generation, path, n, bytes, hash] = Array.isArray(packed) ? (packed as unknown[]) : []
  const whole =
    isCount(generation) &&
    typeof path === 'string' &&
    isCount(n) &&
    isCount(bytes) &&
    typeof hash === 'string'
  if (!whole) throw damaged(`${what} names no chunk where it should`)
  return { generation, path, n, bytes, hash }
}
