import { QuiverError } from '../../contract/errors.ts'
import type { WordClause } from '../../contract/words.ts'
import { Index } from '../../../rust-wasm/pkg/words/words.js'
import { queryToBytes, termsFromBytes, termsToBytes } from './bytes.ts'
import { guarded } from './failure.ts'
import type { WordHits, WordIndex, WordRow, WordSearchOptions } from './words.ts'

/** A position without a term. */
const HOLE = 0xffff_ffff
/** Terms whose numbers are remembered; the module knows those of all. */
const KNOWN_TERMS = 1 << 17
/** Of these, the longest: V8 keeps longer ones as slices of the texts they come from. */
const KNOWN_LENGTH = 12

/** Makes an index without rows. @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY` */
export function createWordIndex(memory: WebAssembly.Memory, fields: number): WordIndex {
  return new WasmWordIndex(
    memory,
    guarded(() => new Index(fields)),
    fields,
  )
}

/** An index of words in WebAssembly. Views of its memory live for one call: growth detaches them. */
class WasmWordIndex implements WordIndex {
  readonly fields: number
  readonly #memory: WebAssembly.Memory
  readonly #index: Index
  readonly #known = new Map<string, number>()

  constructor(memory: WebAssembly.Memory, index: Index, fields: number) {
    this.#memory = memory
    this.#index = index
    this.fields = fields
  }

  get rows(): number {
    return this.#index.rows
  }

  get terms(): number {
    return this.#index.terms
  }

  get bytes(): number {
    return this.#index.held
  }

  prepare(rows: readonly WordRow[]): void {
    guarded(() => {
      this.#writeBatch(rows)
      this.#index.reserve()
    })
  }

  append(rows: readonly WordRow[]): void {
    guarded(() => {
      this.#writeBatch(rows)
      this.#index.append()
    })
  }

  remove(rows: Iterable<number>): void {
    for (const row of rows) this.#index.remove(row)
  }

  search(clauses: readonly WordClause[], options: WordSearchOptions): WordHits {
    const { k, mask, k1 = 1.2, b = 0.75 } = options
    const boosts = options.boosts ?? Array.from({ length: this.fields }, () => 1)
    if (boosts.length !== this.fields) {
      throw new QuiverError('INVALID_OPTION', `There are ${this.fields} fields to boost.`)
    }
    return guarded(() => {
      const masked = this.#writeMask(mask)
      this.#writeBytes(queryToBytes(clauses, { k1, b, boosts }))
      const index = this.#index
      index.search(Math.min(k, index.rows), masked)
      const { buffer } = this.#memory
      return {
        rows: new Uint32Array(buffer, index.foundRows, index.found).slice(),
        scores: new Float32Array(buffer, index.foundScores, index.found).slice(),
      }
    })
  }

  searchedTerms(): Set<string> {
    return guarded(() => {
      this.#index.writeSearchedTerms()
      return termsFromBytes(this.#readBytes())
    })
  }

  encode(from: number, to: number): Uint8Array<ArrayBuffer> {
    return guarded(() => {
      this.#index.writeChunk(from, to)
      return this.#readBytes()
    })
  }

  load(chunk: Uint8Array): void {
    guarded(() => {
      this.#writeBytes(chunk)
      this.#index.loadChunk()
    })
  }

  renumbered(rows: Uint32Array): WordIndex {
    return guarded(() => {
      this.#writeNumbers(rows)
      return new WasmWordIndex(this.#memory, this.#index.renumbered(), this.fields)
    })
  }

  free(): void {
    this.#index.free()
  }

  /** Of each field with words: row, field, how many positions, and the number of the term at each. */
  #writeBatch(rows: readonly WordRow[]): void {
    const numbers = this.#numbersOf(rows)
    const batch: number[] = []
    for (const { row, fields } of rows) {
      for (const [field, terms] of fields.entries()) {
        batch.push(row, field, terms.length)
        for (const term of terms) {
          batch.push(term === undefined ? HOLE : (this.#known.get(term) ?? numbers.get(term)!))
        }
      }
    }
    this.#writeNumbers(Uint32Array.from(batch))
  }

  /** Has the terms of rows numbered, and answers the numbers of those that are not remembered. */
  #numbersOf(rows: readonly WordRow[]): Map<string, number> {
    if (this.#known.size > KNOWN_TERMS) this.#known.clear()
    const fresh = new Map<string, number>()
    for (const { fields } of rows) {
      for (const terms of fields) {
        for (const term of terms) {
          if (term !== undefined && !this.#known.has(term)) fresh.set(term, HOLE)
        }
      }
    }
    this.#writeBytes(termsToBytes(fresh.keys()))
    const address = this.#index.intern()
    const numbers = new Uint32Array(this.#memory.buffer, address, fresh.size)
    let n = 0
    for (const term of fresh.keys()) {
      const number = numbers[n++]!
      if (term.length <= KNOWN_LENGTH) this.#known.set(term, number)
      fresh.set(term, number)
    }
    return fresh
  }

  #writeBytes(bytes: Uint8Array): void {
    const address = this.#index.bytes(bytes.length)
    new Uint8Array(this.#memory.buffer, address, bytes.length).set(bytes)
  }

  #readBytes(): Uint8Array<ArrayBuffer> {
    const { bytesAddress, bytesLength } = this.#index
    return new Uint8Array(this.#memory.buffer, bytesAddress, bytesLength).slice()
  }

  #writeNumbers(numbers: Uint32Array): void {
    const address = this.#index.numbers(numbers.length)
    new Uint32Array(this.#memory.buffer, address, numbers.length).set(numbers)
  }

  /** Answers 1 when there is a mask to search under, else 0. */
  #writeMask(mask: Uint8Array | undefined): number {
    if (!mask) return 0
    // Rows beyond the mask's end do not match, and it may be longer than there are rows.
    const bytes = mask.subarray(0, Math.ceil(this.#index.rows / 8))
    const address = this.#index.mask(Math.ceil(bytes.length / 8))
    new Uint8Array(this.#memory.buffer, address, bytes.length).set(bytes)
    return 1
  }
}
