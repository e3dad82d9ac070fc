/** All languages but English. A file of its own in dist/: who needs none of them does not fetch it. */
import { stemmer as danishStem } from '@orama/stemmers/danish'
import { stopwords as danishStopWords } from '@orama/stopwords/danish'
import { stemmer as germanStem } from '@orama/stemmers/german'
import { stopwords as germanStopWords } from '@orama/stopwords/german'
import { stemmer as spanishStem } from '@orama/stemmers/spanish'
import { stopwords as spanishStopWords } from '@orama/stopwords/spanish'
import { stemmer as finnishStem } from '@orama/stemmers/finnish'
import { stopwords as finnishStopWords } from '@orama/stopwords/finnish'
import { stemmer as frenchStem } from '@orama/stemmers/french'
import { stopwords as frenchStopWords } from '@orama/stopwords/french'
import { stemmer as hungarianStem } from '@orama/stemmers/hungarian'
import { stopwords as hungarianStopWords } from '@orama/stopwords/hungarian'
import { stemmer as italianStem } from '@orama/stemmers/italian'
import { stopwords as italianStopWords } from '@orama/stopwords/italian'
import { stemmer as dutchStem } from '@orama/stemmers/dutch'
import { stopwords as dutchStopWords } from '@orama/stopwords/dutch'
import { stemmer as norwegianStem } from '@orama/stemmers/norwegian'
import { stopwords as norwegianStopWords } from '@orama/stopwords/norwegian'
import { stemmer as portugueseStem } from '@orama/stemmers/portuguese'
import { stopwords as portugueseStopWords } from '@orama/stopwords/portuguese'
import { stemmer as romanianStem } from '@orama/stemmers/romanian'
import { stopwords as romanianStopWords } from '@orama/stopwords/romanian'
import { stemmer as russianStem } from '@orama/stemmers/russian'
import { stopwords as russianStopWords } from '@orama/stopwords/russian'
import { stemmer as swedishStem } from '@orama/stemmers/swedish'
import { stopwords as swedishStopWords } from '@orama/stopwords/swedish'
import { stemmer as turkishStem } from '@orama/stemmers/turkish'
import { stopwords as turkishStopWords } from '@orama/stopwords/turkish'
import type { LanguageCode } from '../../contract/words.ts'
import type { LanguageRules } from './language.ts'

/** Their stemmers know accents, and so do their words. */
const rulesOf = (
  locale: string,
  stem: (word: string) => string,
  stopWords: readonly string[],
  elision?: RegExp,
): LanguageRules => ({
  locale,
  stem,
  stopWords: new Set(stopWords),
  accents: 'kept',
  ...(elision && { elision }),
})

export const others: Record<Exclude<LanguageCode, 'en' | 'none'>, LanguageRules> = {
  da: rulesOf('da', danishStem, danishStopWords),
  de: rulesOf('de', germanStem, germanStopWords),
  es: rulesOf('es', spanishStem, spanishStopWords),
  fi: rulesOf('fi', finnishStem, finnishStopWords),
  fr: rulesOf('fr', frenchStem, frenchStopWords, /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'/),
  hu: rulesOf('hu', hungarianStem, hungarianStopWords),
  it: rulesOf('it', italianStem, italianStopWords, /^(?:[cdlmnstv]|all|dall|dell|nell|sull|un)'/),
  nl: rulesOf('nl', dutchStem, dutchStopWords),
  no: rulesOf('no', norwegianStem, norwegianStopWords),
  pt: rulesOf('pt', portugueseStem, portugueseStopWords),
  ro: rulesOf('ro', romanianStem, romanianStopWords),
  ru: rulesOf('ru', russianStem, russianStopWords),
  sv: rulesOf('sv', swedishStem, swedishStopWords),
  tr: rulesOf('tr', turkishStem, turkishStopWords),
}
