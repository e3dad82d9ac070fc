/**
 * Lists of strings, as kept in operations and in chunks of ids and documents.
 *
 * ```
 * u32            count
 * u32            bytes of UTF-8
 * u32 × count    length of each string in UTF-16 code units
 * u8 × bytes     all strings in one, UTF-8
 * u8 × 0..3      zeros up to a multiple of four
 * ```
 *
 * Lengths count UTF-16 code units so that the whole list is encoded and decoded by one call and then cut: an order of
 * magnitude faster than one call a string. A surrogate without its pair has no UTF-8 and is refused on the way in.
 */
import { QuiverError } from '../../contract/errors.ts'
import { ByteReader, ByteWriter, damaged } from './bytes.ts'

/** @throws QuiverError `INVALID_RECORD` where a string holds half a surrogate pair */
export function encodeStrings(values: readonly string[]): Uint8Array {
  const writer = new ByteWriter(0)
  writeStrings(writer, values)
  return writer.finish()
}

/** @throws QuiverError `CORRUPT` */
export function decodeStrings(bytes: Uint8Array): string[] {
  const reader = new ByteReader(bytes)
  const values = readStrings(reader)
  reader.end()
  return values
}

export function writeStrings(writer: ByteWriter, values: readonly string[]): void {
  const joined = values.join('')
  if (!joined.isWellFormed()) {
    throw new QuiverError(
      'INVALID_RECORD',
      'A text holds half a surrogate pair, which UTF-8 cannot keep. Mend it with toWellFormed() first.',
    )
  }
  writer.u32(values.length)
  const lengthAt = writer.length
  writer.u32(0)
  writer.bytes(Uint32Array.from(values, (value) => value.length))
  const textAt = writer.length
  writer.text(joined)
  writer.u32At(lengthAt, writer.length - textAt)
  writer.align()
}

export function readStrings(reader: ByteReader): string[] {
  const count = reader.u32()
  const byteLength = reader.u32()
  const lengths = reader.u32s(count)
  const joined = reader.text(byteLength)
  reader.align()
  const values = new Array<string>(count)
  let start = 0
  for (let i = 0; i < count; i++) {
    const end = start + (lengths[i] ?? 0)
    values[i] = joined.slice(start, end)
    start = end
  }
  if (start !== joined.length) throw damaged('the lengths of strings do not add up')
  return values
}
