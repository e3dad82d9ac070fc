import { QuiverError } from '../../contract/errors.ts'

/**
 * A set of rows: one bit for each, lowest bit of a byte first. Bits at and beyond `size` are always 0, so that counting
 * and complementing need no mask of their own.
 */
export class Bitset {
  #bytes: Uint8Array<ArrayBuffer>
  #size: number

  /** An empty set over rows `[0, size)`. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(byteLength(size))
    this.#size = size
  }

  /** A copy of what `bytes` of another set gave. @throws QuiverError `CORRUPT` when no set of that size did. */
  static fromBytes(bytes: Uint8Array, size: number): Bitset {
    const set = new Bitset(size)
    const last = bytes.at(-1) ?? 0
    if (bytes.length !== set.#bytes.length || (last & ~lastByteMask(size)) !== 0) {
      throw new QuiverError('CORRUPT', `The stored bits are not a set of ${size} rows.`)
    }
    set.#bytes.set(bytes)
    return set
  }

  /** Rows the set is over, in it or not. */
  get size(): number {
    return this.#size
  }

  /** The bits themselves, ceil(size / 8) bytes: a view until the next `grow`, not a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, byteLength(this.#size))
  }

  /** Bytes of memory held, room for growth included. */
  get capacity(): number {
    return this.#bytes.length
  }

  has(row: number): boolean {
    return (((this.#bytes[row >>> 3] ?? 0) >> (row & 7)) & 1) === 1
  }

  add(row: number): void {
    if (row >= this.#size)
      throw new RangeError(`Row ${row} is outside a set of ${this.#size} rows.`)
    this.#bytes[row >>> 3]! |= 1 << (row & 7)
  }

  remove(row: number): void {
    this.#bytes[row >>> 3]! &= ~(1 << (row & 7))
  }

  /** Widens the set to rows `[0, size)`; the new rows are not in it. */
  grow(size: number): void {
    if (size <= this.#size) return
    const needed = byteLength(size)
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    this.#size = size
  }

  /** How many rows are in the set. */
  count(): number {
    let count = 0
    for (const byte of this.bytes) count += BITS_IN_BYTE[byte]!
    return count
  }

  /** The rows in the set, ascending. */
  rows(): number[] {
    const rows: number[] = []
    for (const [i, byte] of this.bytes.entries()) {
      for (let rest = byte; rest !== 0; rest &= rest - 1) {
        rows.push(i * 8 + (31 - Math.clz32(rest & -rest)))
      }
    }
    return rows
  }

  copy(): Bitset {
    return Bitset.fromBytes(this.bytes, this.#size)
  }

  /** The rows in both sets, as a new one. */
  and(other: Bitset): Bitset {
    const result = this.#copyToMatch(other)
    const theirs = other.bytes
    for (let i = 0; i < theirs.length; i++) result.#bytes[i]! &= theirs[i]!
    return result
  }

  /** The rows in either set, as a new one. */
  or(other: Bitset): Bitset {
    const result = this.#copyToMatch(other)
    const theirs = other.bytes
    for (let i = 0; i < theirs.length; i++) result.#bytes[i]! |= theirs[i]!
    return result
  }

  /** The rows of `[0, size)` that are not in the set, as a new one. */
  not(): Bitset {
    const result = new Bitset(this.#size)
    const bytes = result.#bytes
    for (let i = 0; i < bytes.length; i++) bytes[i] = ~this.#bytes[i]!
    if (bytes.length > 0) bytes[bytes.length - 1]! &= lastByteMask(this.#size)
    return result
  }

  #copyToMatch(other: Bitset): Bitset {
    if (this.#size !== other.#size) {
      throw new RangeError(`Sets of ${this.#size} and ${other.#size} rows cannot be combined.`)
    }
    return this.copy()
  }
}

function byteLength(size: number): number {
  return Math.ceil(size / 8)
}

/** The bits of the last byte that stand for rows. */
function lastByteMask(size: number): number {
  return size % 8 === 0 ? 0xff : (1 << (size % 8)) - 1
}

const BITS_IN_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1
  return bits
})
