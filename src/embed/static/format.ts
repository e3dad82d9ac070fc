/**
 * The file of a static embedding model. All numbers are little-endian.
 *
 * | bytes                      | what                                                                    |
 * |----------------------------|-------------------------------------------------------------------------|
 * | 8                          | "QVSTATIC"                                                              |
 * | 4                          | u32 format version, 1                                                   |
 * | 4                          | u32 dimension, a multiple of the group size                             |
 * | 4                          | u32 group size: values that share a scale, even                         |
 * | 4                          | u32 token count                                                         |
 * | 4                          | u32 length of the name in bytes                                         |
 * | 4                          | u32 length of the vocabulary in bytes                                   |
 * | length of the name         | UTF-8: names the model and the space of its vectors                     |
 * | length of the vocabulary   | UTF-8: the WordPiece tokens, joined by line feeds; token i has row i    |
 * | tokens × groups × 2        | f16 scales, row-major                                                   |
 * | tokens × dimension / 2     | 4-bit codes, row-major, the even value in the low half of its byte      |
 * | 4                          | u32 CRC-32 (ISO-HDLC, as in zlib) of everything before                  |
 *
 * A value is (code − 8) × the scale of its group. Written by `scripts/model/quantise.py`.
 */
import { QuiverError } from '../../contract/errors.ts'

const MAGIC = 'QVSTATIC'
const VERSION = 1
const HEADER_BYTES = 32
const CHECKSUM_BYTES = 4

export interface StaticModel {
  readonly name: string
  readonly dimension: number
  readonly groupSize: number
  /** The token of each row. Pieces inside a word begin with "##". */
  readonly tokens: readonly string[]
  /** tokens × (dimension / groupSize). */
  readonly scales: Float32Array
  /** tokens × (dimension / 2) bytes of two 4-bit codes. */
  readonly codes: Uint8Array
}

/** @throws QuiverError `CORRUPT`, or `NEWER_FORMAT` for a version this code does not know */
export function decodeStaticModel(bytes: Uint8Array): StaticModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES) throw corrupt('it is too short')
  if (String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw corrupt('it is another kind of file; a server may have answered with a page instead')
  }
  const version = view.getUint32(8, true)
  if (version > VERSION) {
    throw new QuiverError(
      'NEWER_FORMAT',
      `The embedding model has format ${version}, this Quiver reads ${VERSION}: update quiverdb, or serve the model that came with it.`,
    )
  }
  if (version !== VERSION) throw corrupt(`there is no format ${version}`)

  const dimension = view.getUint32(12, true)
  const groupSize = view.getUint32(16, true)
  const tokenCount = view.getUint32(20, true)
  const nameBytes = view.getUint32(24, true)
  const vocabularyBytes = view.getUint32(28, true)
  if (groupSize === 0 || groupSize % 2 !== 0 || dimension === 0 || dimension % groupSize !== 0) {
    throw corrupt(`${dimension} values do not divide into groups of ${groupSize}`)
  }
  const scaleCount = tokenCount * (dimension / groupSize)
  const codeBytes = tokenCount * (dimension / 2)
  const scalesStart = HEADER_BYTES + nameBytes + vocabularyBytes
  const codesStart = scalesStart + scaleCount * 2
  const end = codesStart + codeBytes
  // Counted in doubles, which hold products of two u32 closely enough to be told from any length of a real file.
  if (end + CHECKSUM_BYTES !== bytes.length) {
    throw corrupt(`its counts ask for ${end + CHECKSUM_BYTES} bytes and it has ${bytes.length}`)
  }
  if (view.getUint32(end, true) !== crc32(bytes.subarray(0, end)))
    throw corrupt('its checksum is wrong')

  const tokens = decodeText(bytes.subarray(HEADER_BYTES + nameBytes, scalesStart)).split('\n')
  if (tokens.length !== tokenCount) throw corrupt('its vocabulary is not as long as it says')
  const scales = Float32Array.from({ length: scaleCount }, (_, i) =>
    halfToNumber(view.getUint16(scalesStart + 2 * i, true)),
  )
  return {
    name: decodeText(bytes.subarray(HEADER_BYTES, HEADER_BYTES + nameBytes)),
    dimension,
    groupSize,
    tokens,
    scales,
    codes: bytes.subarray(codesStart, end),
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw corrupt('its text is not UTF-8', cause)
  }
}

function corrupt(reason: string, cause?: unknown): QuiverError {
  return new QuiverError(
    'CORRUPT',
    `The embedding model cannot be read: ${reason}. Serve the file that came with this version of quiverdb.`,
    { cause },
  )
}

/** IEEE 754 binary16. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) throw corrupt('one of its scales is not a finite number')
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  }
  return remainder
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
