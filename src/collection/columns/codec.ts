import { QuiverError } from '../../contract/errors.ts'
import { Bitset } from '../filter/bitset.ts'

/** Numbers are little-endian, as typed arrays lie in memory wherever WebAssembly runs. Nothing is aligned. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = []

  uint32(value: number): void {
    this.uint32s(Uint32Array.of(value))
  }

  uint32s(values: Uint32Array): void {
    this.#parts.push(bytesOf(values))
  }

  float64s(values: Float64Array): void {
    this.#parts.push(bytesOf(values))
  }

  bits(set: Bitset): void {
    this.#parts.push(set.bytes)
  }

  /** Length in bytes (u32), then JSON in UTF-8. */
  json(value: unknown): void {
    const text = new TextEncoder().encode(JSON.stringify(value))
    this.uint32(text.length)
    this.#parts.push(text)
  }

  /** All that was written, copied into one array. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0))
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }
}

/** Reads what `ByteWriter` wrote and trusts no length in it: nothing is allocated that the bytes do not hold. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  uint32(): number {
    return this.uint32s(1)[0]!
  }

  uint32s(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#copy(4 * length).buffer)
  }

  float64s(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#copy(8 * length).buffer)
  }

  bits(size: number): Bitset {
    return Bitset.fromBytes(this.#copy(Math.ceil(size / 8)), size)
  }

  json(): unknown {
    const text = this.#copy(this.uint32())
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
    } catch (cause) {
      throw corrupt('a text is no JSON', cause)
    }
  }

  /** @throws QuiverError `CORRUPT` when something is left. */
  finish(): void {
    if (this.#at < this.#bytes.length) throw corrupt('more bytes follow than belong to them')
  }

  #copy(length: number): Uint8Array<ArrayBuffer> {
    const end = this.#at + length
    if (end > this.#bytes.length) throw corrupt('they end too early')
    const copy = new Uint8Array(length)
    copy.set(this.#bytes.subarray(this.#at, end))
    this.#at = end
    return copy
  }
}

/** What to say of stored columns that cannot be right. */
export function corrupt(problem: string, cause?: unknown): QuiverError {
  return new QuiverError(
    'CORRUPT',
    `The stored columns are damaged: ${problem}. Rebuild them from the records.`,
    { cause },
  )
}

function bytesOf(values: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
