import { WordSegmenter } from '../segment.ts'

/** What makes a language: each part pure, on words in lower case. */
export interface LanguageRules {
  /** As `Intl.Segmenter` takes it. */
  readonly locale: string
  /** A word without its ending, as Snowball has it. */
  stem(word: string): string
  /** Words that say so little that they are not indexed. */
  readonly stopWords: ReadonlySet<string>
  /** Dropped where the stemmer knows none and loans are spelt with and without; kept where they tell words apart. */
  readonly accents: 'kept' | 'dropped'
  /** What is cut off the beginning of a word: an article that an apostrophe joins to it. */
  readonly elision?: RegExp
}

/** Words longer than this, in UTF-16 units, are cut: nobody searches for the end of one. */
const MAX_WORD = 64
/** Words whose terms are remembered: most of a text is the same few thousand. */
const MEMO_WORDS = 1 << 16
/** Of these, the longest: V8 keeps longer ones as slices, and with them the whole text that they were met in. */
const MEMO_LENGTH = 12

const BEYOND_ASCII = /[^\0-\x7f]/
const ACCENTS = /\p{M}+/gu
const APOSTROPHES = /[\u2019\u02bc\uff07]/g

/** A language as analysis uses it: words in, terms out. */
export class Language {
  readonly segmenter: WordSegmenter
  readonly #rules: LanguageRules
  /** Words as they were met, and their terms; '' for stop words. */
  readonly #terms = new Map<string, string>()

  constructor(rules: LanguageRules) {
    this.segmenter = new WordSegmenter(rules.locale)
    this.#rules = rules
  }

  /** The term that a word is indexed under; `undefined` for a stop word. */
  termOf(word: string): string | undefined {
    let term = this.#terms.get(word)
    if (term === undefined) {
      term = this.#analyze(word)
      if (this.#terms.size >= MEMO_WORDS) this.#terms.clear()
      if (word.length <= MEMO_LENGTH) this.#terms.set(word, term)
    }
    return term === '' ? undefined : term
  }

  /** A word in lower case and in one spelling, not stemmed. */
  normalize(word: string): string {
    const { accents, elision, locale } = this.#rules
    let normal = word.slice(0, MAX_WORD).toLocaleLowerCase(locale)
    if (BEYOND_ASCII.test(normal)) {
      normal = normal
        .toWellFormed()
        .normalize('NFKC')
        .toLocaleLowerCase(locale)
        .replace(APOSTROPHES, "'")
      if (accents === 'dropped') normal = normal.normalize('NFD').replace(ACCENTS, '').normalize()
      normal = normal.slice(0, MAX_WORD).toWellFormed()
    }
    return elision ? normal.replace(elision, '') : normal
  }

  #analyze(word: string): string {
    const normal = this.normalize(word)
    return this.#rules.stopWords.has(normal) ? '' : this.#rules.stem(normal)
  }
}
