import type { Language } from './language/language.ts'

/** A word of a text that is indexed. */
export interface Token {
  readonly term: string
  /** How many words come before it, stop words included. */
  readonly position: number
  /** Where it begins and ends, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** The words of a text as they are indexed, without stop words. Takes any string, in time linear in its length. */
export function analyze(text: string, language: Language): Token[] {
  const tokens: Token[] = []
  let position = 0
  language.segmenter.each(text, (word, start) => {
    const term = language.termOf(word)
    if (term !== undefined) tokens.push({ term, position, start, end: start + word.length })
    position++
  })
  return tokens
}

/** The term at each position of a text; `undefined` for a stop word. */
export function termsOf(text: string, language: Language): (string | undefined)[] {
  const terms: (string | undefined)[] = []
  language.segmenter.each(text, (word) => {
    terms.push(language.termOf(word))
  })
  return terms
}
