/** Exported files taken apart and put together by hand, so that they can be other than Quiver would make them. */
import { type Checksum, toHex } from '../../src/storage/codec/checksum.ts'
import { seal } from '../../src/storage/codec/sealed.ts'

const PREFIX_BYTES = 24
const MAGIC_BYTES = 8

/** Changed lengths may say that the head ends beyond the file; then there is nothing to seal. */
export function sealHead(bytes: Uint8Array, checksum: Checksum): void {
  if (bytes.length < PREFIX_BYTES) return
  const end = PREFIX_BYTES + viewOf(bytes).getUint32(PREFIX_BYTES - 4, true)
  if (end <= bytes.length) seal(bytes.subarray(MAGIC_BYTES, end), checksum)
}

/** The head's JSON, then every piece. */
export function takeApart(bytes: Uint8Array): Uint8Array[] {
  const end = PREFIX_BYTES + viewOf(bytes).getUint32(PREFIX_BYTES - 4, true)
  const json = bytes.slice(PREFIX_BYTES, end)
  const { chunks, log } = JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown[][]>
  let offset = end
  const lengths = [...chunks!.map((chunk) => chunk[3]), ...log!.map((piece) => piece[0])]
  const pieces = (lengths as number[]).map((length) => bytes.slice(offset, (offset += length)))
  return [json, ...pieces]
}

/** A file of the pieces; where the head lists them, it is made to tell their lengths and checksums as they are. */
export function putTogether(
  json: Uint8Array,
  pieces: readonly Uint8Array[],
  checksum: Checksum,
): Blob {
  const head = new TextEncoder().encode(withTrueLists(json, pieces, checksum))
  const bytes = new Uint8Array(PREFIX_BYTES + head.length)
  bytes.set(new TextEncoder().encode('QUIVERDB'))
  viewOf(bytes).setUint32(16, 1, true)
  viewOf(bytes).setUint32(20, head.length, true)
  bytes.set(head, PREFIX_BYTES)
  sealHead(bytes, checksum)
  return new Blob([bytes, ...(pieces as Uint8Array<ArrayBuffer>[])])
}

function withTrueLists(
  json: Uint8Array,
  pieces: readonly Uint8Array[],
  checksum: Checksum,
): string {
  const text = new TextDecoder().decode(json)
  let head: unknown
  try {
    head = JSON.parse(text)
  } catch {
    return text
  }
  const { chunks, log } = (head ?? {}) as { chunks?: unknown; log?: unknown }
  const listed = [
    ...[chunks].flat().map((entry) => ({ entry, at: 3 })),
    ...[log].flat().map((entry) => ({ entry, at: 0 })),
  ]
  for (const [n, { entry, at }] of listed.entries()) {
    const piece = pieces[n]
    if (!piece || !Array.isArray(entry)) continue
    entry.splice(at, 2, piece.length, toHex(checksum(piece)))
  }
  return JSON.stringify(head)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
