/**
 * Reading and writing bytes in order. Numbers are little-endian; the machines WebAssembly runs on are too, so arrays of
 * numbers are copied as they lie in memory, at offsets that are multiples of four.
 */
import { QuiverError } from '../../contract/errors.ts'

const encoder = new TextEncoder()
// Without `ignoreBOM` a leading U+FEFF would be dropped; without `fatal` damage would turn into U+FFFD.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function damaged(what: string): QuiverError {
  return new QuiverError('CORRUPT', `Stored data is damaged: ${what}.`)
}

/** Writes into a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** @param capacity bytes to start with; a good guess saves copies */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(Math.max(16, capacity))
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  u32(value: number): void {
    this.#reserve(4)
    this.u32At(this.#length, value)
    this.#length += 4
  }

  u64(value: bigint): void {
    this.#reserve(8)
    new DataView(this.#bytes.buffer).setBigUint64(this.#length, value, true)
    this.#length += 8
  }

  /** Overwrites a number written before. */
  u32At(offset: number, value: number): void {
    // `setUint32` would keep what is left of it by 2³², which reads back as another number.
    if (value >>> 0 !== value) throw new QuiverError('INTERNAL', `${value} cannot be stored.`)
    new DataView(this.#bytes.buffer).setUint32(offset, value, true)
  }

  bytes(values: Uint8Array | Uint32Array | Float32Array): void {
    this.#reserve(values.byteLength)
    this.#bytes.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      this.#length,
    )
    this.#length += values.byteLength
  }

  /** Zeros up to the next multiple of four. */
  align(): void {
    const padding = -this.#length & 3
    this.#reserve(padding)
    this.#length += padding
  }

  /** The text as UTF-8; room is made for ASCII first and for the worst case only where that was too little. */
  text(value: string): void {
    let rest = value
    let worst = 1
    while (rest.length > 0) {
      this.#reserve(rest.length * worst)
      const { read, written } = encoder.encodeInto(rest, this.#bytes.subarray(this.#length))
      this.#length += written
      rest = rest.slice(read)
      worst = 3
    }
  }

  /** What was written, as a view of the buffer. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Reads what a `ByteWriter` wrote and trusts none of it: lengths are held against what is left before anything is made. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  u32s(count: number): Uint32Array {
    const bytes = aligned(this.bytes(count * 4))
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count)
  }

  /** A view where the bytes lie at a multiple of four, else a copy. */
  f32s(count: number): Float32Array {
    const bytes = aligned(this.bytes(count * 4))
    return new Float32Array(bytes.buffer, bytes.byteOffset, count)
  }

  text(byteLength: number): string {
    const bytes = this.bytes(byteLength)
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw new QuiverError('CORRUPT', 'Stored data is damaged: a text is not UTF-8.', { cause })
    }
  }

  align(): void {
    const padding = this.bytes(-this.#offset & 3)
    if (padding.some((byte) => byte !== 0)) throw damaged('padding is not zero')
  }

  end(): void {
    if (this.remaining !== 0) throw damaged(`${this.remaining} bytes too many`)
  }

  #take(count: number): number {
    if (count > this.remaining) {
      throw damaged(`${count} bytes expected where ${this.remaining} are left`)
    }
    const start = this.#offset
    this.#offset += count
    return start
  }
}

function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
}
