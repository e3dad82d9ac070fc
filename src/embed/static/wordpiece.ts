import { BertNormalizer, BertPreTokenizer } from '@huggingface/tokenizers'

/** BERT's limit: a longer word is unknown as a whole. In code points. */
const LONGEST_WORD = 100
const CONTINUATION = '##'
/** Text on which BERT's normaliser only lowercases. */
const PLAIN_ASCII = /^[\t\n\r -~]*$/
/** The Chinese characters outside the basic plane: each is a word of its own, and the library sees only halves of it. */
const RARE_CHINESE = /[\u{20000}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu

/**
 * Text to rows of a WordPiece vocabulary, as `bert-base-uncased` does it, without [CLS] and [SEP].
 *
 * Normalising and splitting into words are the library's. The greedy match is written here, because the library's tries
 * every end of a word from every start (20 s for 1 MB of Base64), where no token is longer than `#longest`.
 */
export class WordPiece {
  readonly #normalizer = new BertNormalizer({
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    lowercase: true,
  })
  readonly #splitter = new BertPreTokenizer()
  readonly #starts = new Map<string, number>()
  readonly #continuations = new Map<string, number>()
  #longest = 0

  constructor(tokens: readonly string[]) {
    tokens.forEach((token, row) => {
      const inside = token.startsWith(CONTINUATION) && token.length > CONTINUATION.length
      const piece = inside ? token.slice(CONTINUATION.length) : token
      const pieces = inside ? this.#continuations : this.#starts
      pieces.set(piece, row)
      this.#longest = Math.max(this.#longest, piece.length)
    })
  }

  /** The rows of the text's tokens in order; unknown words have none. */
  rows(text: string): number[] {
    const normal = PLAIN_ASCII.test(text) ? text.toLowerCase() : this.#normalise(text)
    const rows: number[] = []
    for (const word of this.#splitter.pre_tokenize_text(normal)) {
      const row = this.#starts.get(word)
      if (row === undefined) this.#addPieces(word, rows)
      else rows.push(row)
    }
    return rows
  }

  #normalise(text: string): string {
    // BERT lowercases letter by letter; JavaScript would end a word with ς, which is another token.
    return this.#normalizer.normalize(text.replaceAll('Σ', 'σ').replace(RARE_CHINESE, ' $& '))
  }

  /** Greedy longest match from the left; a word with any unknown part is unknown as a whole. */
  #addPieces(word: string, rows: number[]): void {
    if (isLongerThan(word, LONGEST_WORD)) return
    const before = rows.length
    let pieces = this.#starts
    let start = 0
    while (start < word.length) {
      let end = Math.min(word.length, start + this.#longest)
      let row = pieces.get(word.slice(start, end))
      while (row === undefined && --end > start) row = pieces.get(word.slice(start, end))
      if (row === undefined) {
        rows.length = before
        return
      }
      rows.push(row)
      start = end
      pieces = this.#continuations
    }
  }
}

function isLongerThan(word: string, codePoints: number): boolean {
  return (
    word.length > codePoints &&
    (word.length > 2 * codePoints || Array.from(word).length > codePoints)
  )
}
