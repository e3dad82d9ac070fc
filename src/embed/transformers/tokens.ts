/** What is used of a tokenizer of transformers.js. */
export interface Tokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): number[]
  readonly all_special_ids: readonly number[]
}

/** Characters that a token stands for at first guess; a wrong guess costs another look at the text. */
const CHARACTERS_PER_TOKEN = 8

/**
 * A text cut within a word gives other tokens for that word, and a word of WordPiece is at most 100 characters: so many
 * tokens at the end of a piece are not to be believed.
 */
const UNSURE_TOKENS = 128

/** Makes token ids of texts as the model wants them: special tokens around, nothing beyond `maxTokens`. */
export class TextTokens {
  readonly #tokenizer: Tokenizer
  readonly #special: ReadonlySet<number>
  readonly #head: readonly number[]
  readonly #tail: readonly number[]
  /** Tokens left for the text beside the special ones. */
  readonly #room: number

  constructor(tokenizer: Tokenizer, maxTokens: number | undefined) {
    this.#tokenizer = tokenizer
    this.#special = new Set(tokenizer.all_special_ids)
    const bare = tokenizer.encode('a', { add_special_tokens: false })
    const framed = tokenizer.encode('a', { add_special_tokens: true })
    const start = framed.findIndex((id) => id === bare[0])
    if (start < 0) throw new Error('its tokenizer puts special tokens where none are expected')
    this.#head = framed.slice(0, start)
    this.#tail = framed.slice(start + bare.length)
    this.#room = Math.max(1, (maxTokens ?? Infinity) - this.#head.length - this.#tail.length)
  }

  /** Ids of `prefix + text`; empty where the tokenizer knows no part of the text itself. */
  encode(text: string, prefix: string): readonly number[] {
    if (text.trim() === '') return []
    const own = this.#beginning(text)
    if (own.every((id) => this.#special.has(id))) return []
    const body = prefix === '' ? own : this.#beginning(prefix + text)
    return [...this.#head, ...body, ...this.#tail]
  }

  /** Tokens of a text as far as there is room, without reading megabytes of which hundreds of tokens are used. */
  #beginning(text: string): number[] {
    const sure = this.#room + UNSURE_TOKENS
    for (let end = sure * CHARACTERS_PER_TOKEN; end < text.length; end *= 4) {
      const ids = this.#encode(text.slice(0, end))
      if (ids.length >= sure) return ids.slice(0, this.#room)
    }
    return this.#encode(text).slice(0, this.#room)
  }

  #encode(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false })
  }
}
