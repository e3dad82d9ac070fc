/** What is handed to the module as bytes: see `rust-wasm/words/src/query.rs` and `abi.rs`. */
import { QuiverError } from '../../contract/errors.ts'
import type { Occur, WordClause, WordPattern } from '../../contract/words.ts'

/** The most bytes of a term, which a byte says. */
const MAX_TERM_BYTES = 255
const KINDS: Record<WordPattern['kind'], number> = { term: 0, prefix: 1, fuzzy: 2, phrase: 3 }
const OCCURS: Record<Occur, number> = { should: 0, must: 1, must_not: 2 }

/** Terms, each after a byte that says how long it is. */
export function termsToBytes(terms: Iterable<string>): Uint8Array {
  const writer = new ByteWriter()
  for (const term of terms) writer.term(term)
  return writer.bytes
}

export function termsFromBytes(bytes: Uint8Array): Set<string> {
  const terms = new Set<string>()
  const decoder = new TextDecoder()
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes[at]!
    terms.add(decoder.decode(bytes.subarray(at + 1, end)))
    at = end
  }
  return terms
}

export interface QueryNumbers {
  readonly k1: number
  readonly b: number
  readonly boosts: readonly number[]
}

export function queryToBytes(
  clauses: readonly WordClause[],
  { k1, b, boosts }: QueryNumbers,
): Uint8Array {
  const writer = new ByteWriter()
  for (const number of [k1, b, ...boosts]) writer.float(number)
  for (const clause of clauses) {
    const edits = clause.kind === 'fuzzy' ? clause.edits : 0
    for (const byte of [KINDS[clause.kind], OCCURS[clause.occur], edits, 0]) writer.byte(byte)
    writer.float(clause.boost ?? 1)
    const words = wordsOf(clause)
    writer.short(words.length)
    for (const word of words) writer.term(word ?? '')
  }
  return writer.bytes
}

function wordsOf(clause: WordClause): readonly (string | undefined)[] {
  switch (clause.kind) {
    case 'term':
    case 'fuzzy':
      return [clause.term]
    case 'prefix':
      return [clause.prefix, ...clause.also]
    case 'phrase':
      return clause.terms
  }
}

/** Little-endian bytes in a buffer that doubles. */
class ByteWriter {
  #buffer = new Uint8Array(1024)
  #view = new DataView(this.#buffer.buffer)
  #length = 0
  readonly #encoder = new TextEncoder()

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  short(value: number): void {
    if (value > 0xffff) throw new QuiverError('INVALID_OPTION', 'A clause has too many words.')
    this.#reserve(2)
    this.#view.setUint16(this.#length, value, true)
    this.#length += 2
  }

  float(value: number): void {
    this.#reserve(4)
    this.#view.setFloat32(this.#length, value, true)
    this.#length += 4
  }

  term(term: string): void {
    this.#reserve(1 + MAX_TERM_BYTES)
    const room = this.#buffer.subarray(this.#length + 1, this.#length + 1 + MAX_TERM_BYTES)
    const { read, written } = this.#encoder.encodeInto(term, room)
    if (read < term.length) {
      throw new QuiverError(
        'INVALID_OPTION',
        `A term takes at most ${MAX_TERM_BYTES} bytes of UTF-8. Cut it.`,
      )
    }
    this.#buffer[this.#length] = written
    this.#length += 1 + written
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length + more))
    larger.set(this.#buffer)
    this.#buffer = larger
    this.#view = new DataView(larger.buffer)
  }
}
