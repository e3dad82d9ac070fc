/** Languages that texts are analysed in; `none`: words as they are, whatever the language. */
export const LANGUAGES = [
  'en',
  'none',
  'da',
  'de',
  'es',
  'fi',
  'fr',
  'hu',
  'it',
  'nl',
  'no',
  'pt',
  'ro',
  'ru',
  'sv',
  'tr',
] as const

export type LanguageCode = (typeof LANGUAGES)[number]

/** What a clause says of records: they score more, they match only so, they do not match. */
export type Occur = 'should' | 'must' | 'must_not'

/** How a clause finds records. Terms are as the analysis of a field's language leaves them: stemmed, in lower case. */
export type WordPattern =
  | { readonly kind: 'term'; readonly term: string }
  /** All terms that begin so, and others that match as well, such as the stem of what was typed so far. */
  | { readonly kind: 'prefix'; readonly prefix: string; readonly also: readonly string[] }
  /** Terms at most so many edits away: a letter put in, left out, changed, or swapped with its neighbour. */
  | { readonly kind: 'fuzzy'; readonly term: string; readonly edits: 1 | 2 }
  /** Terms that follow each other; where one is `undefined` any word may stand. */
  | { readonly kind: 'phrase'; readonly terms: readonly (string | undefined)[] }

/** One part of a query of words. */
export type WordClause = WordPattern & {
  readonly occur: Occur
  /** What its score is taken times; default 1. */
  readonly boost?: number
}

/** The most clauses of a query of words. */
export const MAX_WORD_CLAUSES = 1024
