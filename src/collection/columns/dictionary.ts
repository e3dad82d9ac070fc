import type { Constant, Order } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import { corrupt } from './codec.ts'

/** Stands for the absence of a keyword; the dictionary's own codes follow it. */
export const ABSENT = 0

/** What an entry takes beside its characters: a string's header, its place in the Map and in the list. An estimate. */
const ENTRY_BYTES = 48

/**
 * The distinct keywords of a column, numbered from 1 in the order they came. A keyword that no record holds any more stays until
 * the columns are built anew.
 *
 * A question about keywords is answered once for each distinct one, as a table by code; the rows are then looked up in it.
 */
export class Dictionary {
  readonly #codes = new Map<string, number>()
  #characters = 0

  get size(): number {
    return this.#codes.size
  }

  /** The code of a keyword, which is added where it is new. */
  add(keyword: string): number {
    const known = this.#codes.get(keyword)
    if (known !== undefined) return known
    const code = this.#codes.size + 1
    this.#codes.set(keyword, code)
    this.#characters += keyword.length
    return code
  }

  /** By code; `undefined` stands for absence. */
  keywords(): readonly (string | undefined)[] {
    return [undefined, ...this.#codes.keys()]
  }

  /** By code: 1 where the keyword is one of `constants`, else 0. */
  tableOf(constants: readonly Constant[]): Uint8Array {
    const table = this.#emptyTable()
    for (const constant of constants) {
      const code = typeof constant === 'string' ? this.#codes.get(constant) : undefined
      if (code !== undefined) table[code] = 1
    }
    return table
  }

  /** By code: 1 where the keyword stands in this order to `bound` by UTF-16 code units, else 0. */
  tableOfOrder(order: Order, bound: Constant): Uint8Array {
    const table = this.#emptyTable()
    if (typeof bound !== 'string') return table
    for (const [keyword, code] of this.#codes) table[code] = Number(inOrder(keyword, order, bound))
    return table
  }

  bytes(): number {
    return 2 * this.#characters + ENTRY_BYTES * this.#codes.size
  }

  /** As JSON, which keeps lone surrogates that UTF-8 alone would lose. */
  write(writer: ByteWriter): void {
    writer.json([...this.#codes.keys()])
  }

  /** @throws QuiverError `CORRUPT` */
  static read(reader: ByteReader): Dictionary {
    const keywords = reader.json()
    if (!Array.isArray(keywords)) throw corrupt('a dictionary is no list')
    const dictionary = new Dictionary()
    for (const keyword of keywords as unknown[]) {
      if (typeof keyword !== 'string') throw corrupt('a keyword is no string')
      dictionary.add(keyword)
    }
    if (dictionary.size !== keywords.length) throw corrupt('a dictionary names a keyword twice')
    return dictionary
  }

  #emptyTable(): Uint8Array {
    return new Uint8Array(this.#codes.size + 1)
  }
}

function inOrder(keyword: string, order: Order, bound: string): boolean {
  switch (order) {
    case '$gt':
      return keyword > bound
    case '$gte':
      return keyword >= bound
    case '$lt':
      return keyword < bound
    case '$lte':
      return keyword <= bound
  }
}
