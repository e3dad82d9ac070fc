import { Bitset } from '../filter/bitset.ts'
import type { Constant, Order } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { ColumnThatAnswers } from './column.ts'
import { corrupt } from './codec.ts'
import { ABSENT, Dictionary } from './dictionary.ts'
import { isFieldValue } from './fields.ts'
import { withRoom } from './growth.ts'

/** Keywords: a dictionary of the distinct ones and a code for each row. */
export class KeywordColumn implements ColumnThatAnswers<'in' | 'compare'> {
  readonly #dictionary: Dictionary
  #codes: Uint32Array<ArrayBuffer>
  #rows: number

  private constructor(dictionary: Dictionary, codes: Uint32Array<ArrayBuffer>) {
    this.#dictionary = dictionary
    this.#codes = codes
    this.#rows = codes.length
  }

  static absent(rows: number): KeywordColumn {
    return new KeywordColumn(new Dictionary(), new Uint32Array(rows).fill(ABSENT))
  }

  static read(rows: number, reader: ByteReader): KeywordColumn {
    const dictionary = Dictionary.read(reader)
    const codes = reader.uint32s(rows)
    if (codes.some((code) => code > dictionary.size))
      throw corrupt('a keyword is not in its dictionary')
    return new KeywordColumn(dictionary, codes)
  }

  append(value: unknown): void {
    const code = isFieldValue('keyword', value) ? this.#dictionary.add(value) : ABSENT
    this.#codes = withRoom(this.#codes, this.#rows + 1, (length) => new Uint32Array(length))
    this.#codes[this.#rows++] = code
  }

  *values(from: number, to: number): Iterable<unknown> {
    const keywords = this.#dictionary.keywords()
    for (const code of this.#codes.subarray(from, to)) yield keywords[code]
  }

  exists(): Bitset {
    const table = new Uint8Array(this.#dictionary.size + 1).fill(1)
    table[ABSENT] = 0
    return this.#lookUp(table)
  }

  in(constants: readonly Constant[]): Bitset {
    return this.#lookUp(this.#dictionary.tableOf(constants))
  }

  compare(order: Order, bound: Constant): Bitset {
    return this.#lookUp(this.#dictionary.tableOfOrder(order, bound))
  }

  bytes(): number {
    return this.#codes.byteLength + this.#dictionary.bytes()
  }

  write(writer: ByteWriter): void {
    this.#dictionary.write(writer)
    writer.uint32s(this.#codes.subarray(0, this.#rows))
  }

  #lookUp(table: Uint8Array): Bitset {
    const matches = new Bitset(this.#rows)
    const { words } = matches
    const codes = this.#codes
    for (let word = 0, row = 0; word < words.length; word++) {
      const end = Math.min(row + 32, this.#rows)
      let bits = 0
      for (let bit = 0; row < end; row++, bit++) bits |= table[codes[row]!]! << bit
      words[word] = bits
    }
    return matches
  }
}
