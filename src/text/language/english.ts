import { stopwords } from '@orama/stopwords/english'
import { stem } from 'porter2'
import { Language, type LanguageRules } from './language.ts'

/** The Snowball stemmer, Porter 2, and a list of stop words. */
export const rules: LanguageRules = {
  locale: 'en',
  stem,
  // The list lacks the most frequent of all.
  stopWords: new Set([...stopwords, 'a']),
  accents: 'dropped',
}

/** English, the default. */
export const english = new Language(rules)
