import { QuiverError } from '../../contract/errors.ts'

/**
 * A set of rows: one bit for each, lowest bit first. Bits at and beyond `size` are always 0, so that counting and
 * complementing need no mask of their own.
 */
export class Bitset {
  /** Little-endian, as memory is wherever WebAssembly runs, so that words and bytes hold the same rows. */
  #words: Uint32Array<ArrayBuffer>
  #size: number

  /** An empty set over rows `[0, size)`. */
  constructor(size: number) {
    this.#words = new Uint32Array(wordLength(size))
    this.#size = size
  }

  /** A copy of what `bytes` of another set gave. @throws QuiverError `CORRUPT` when no set of that size did. */
  static fromBytes(bytes: Uint8Array, size: number): Bitset {
    const set = new Bitset(size)
    const last = bytes.at(-1) ?? 0
    if (bytes.length !== byteLength(size) || (size % 8 !== 0 && last >= 1 << (size % 8))) {
      throw new QuiverError('CORRUPT', `The stored bits are not a set of ${size} rows.`)
    }
    set.bytes.set(bytes)
    return set
  }

  /** Rows the set is over, in it or not. */
  get size(): number {
    return this.#size
  }

  /** The bits themselves, ceil(size / 8) bytes: a view until the next `grow`, not a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#words.buffer, 0, byteLength(this.#size))
  }

  /** The same bits by 32 rows, ceil(size / 32) words: a view until the next `grow`. Who writes keeps those beyond `size` 0. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#words.subarray(0, wordLength(this.#size))
  }

  /** Bytes of memory held, room for growth included. */
  get capacity(): number {
    return this.#words.byteLength
  }

  has(row: number): boolean {
    return (((this.#words[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1
  }

  add(row: number): void {
    if (row >= this.#size)
      throw new RangeError(`Row ${row} is outside a set of ${this.#size} rows.`)
    this.#words[row >>> 5]! |= 1 << (row & 31)
  }

  remove(row: number): void {
    this.#words[row >>> 5]! &= ~(1 << (row & 31))
  }

  /** Widens the set to rows `[0, size)`; the new rows are not in it. */
  grow(size: number): void {
    if (size <= this.#size) return
    const needed = wordLength(size)
    if (needed > this.#words.length) {
      const words = new Uint32Array(Math.max(needed, 2 * this.#words.length))
      words.set(this.#words)
      this.#words = words
    }
    this.#size = size
  }

  /** How many rows are in the set. */
  count(): number {
    let count = 0
    for (const word of this.words) count += bitsIn(word)
    return count
  }

  /** The rows in the set, ascending. */
  rows(): number[] {
    const rows: number[] = []
    for (const [i, word] of this.words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1) {
        rows.push(i * 32 + (31 - Math.clz32(rest & -rest)))
      }
    }
    return rows
  }

  copy(): Bitset {
    const copy = new Bitset(this.#size)
    copy.#words.set(this.words)
    return copy
  }

  /** The rows in both sets, as a new one. */
  and(other: Bitset): Bitset {
    const result = this.#copyToMatch(other)
    const theirs = other.words
    for (let i = 0; i < theirs.length; i++) result.#words[i]! &= theirs[i]!
    return result
  }

  /** The rows in either set, as a new one. */
  or(other: Bitset): Bitset {
    const result = this.#copyToMatch(other)
    const theirs = other.words
    for (let i = 0; i < theirs.length; i++) result.#words[i]! |= theirs[i]!
    return result
  }

  /** The rows of `[0, size)` that are not in the set, as a new one. */
  not(): Bitset {
    const result = new Bitset(this.#size)
    const words = result.#words
    for (let i = 0; i < words.length; i++) words[i] = ~this.#words[i]!
    const spare = 32 * words.length - this.#size
    if (spare > 0) words[words.length - 1]! &= 0xffff_ffff >>> spare
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

function wordLength(size: number): number {
  return Math.ceil(size / 32)
}

/** Sums bits by pairs, fours and bytes; the product gathers the bytes in the highest one. Warren, Hacker's Delight, 5-1. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555)
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333)
  const eights = (fours + (fours >>> 4)) & 0x0f0f_0f0f
  return Math.imul(eights, 0x0101_0101) >>> 24
}
