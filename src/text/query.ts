/**
 * Queries of words as people type them. Plain words are all wished for; beside them there are
 *
 * - `"two words"`: they follow each other
 * - `begin*`: all words that begin so
 * - `helo~1`, `helo~2`: words with so many typing errors
 * - `+word`, `-word`: records must or must not hold it; also before a phrase
 *
 * What is no such thing is plain text: no query is wrong.
 */
import { QuiverError } from '../contract/errors.ts'
import { MAX_WORD_CLAUSES, type Occur, type WordClause } from '../contract/words.ts'
import { termsOf } from './analyze.ts'
import type { Language } from './language/language.ts'

const OCCURS: Readonly<Record<string, Occur>> = { '+': 'must', '-': 'must_not' }
/** What lies between two quotes or two spaces, with its sign. */
const PART = /([+-]?)(?:"([^"]*)"|([^\s"]+))/g

/**
 * The clauses of a query, none where it holds no word but stop words.
 * @throws QuiverError `INVALID_OPTION` when there are more than 1,024
 */
export function parseWords(query: string, language: Language): WordClause[] {
  const clauses = new Map<string, { clause: WordClause; count: number }>()
  const add = (clause: WordClause): void => {
    const key = JSON.stringify(clause)
    const count = (clauses.get(key)?.count ?? 0) + 1
    clauses.set(key, { clause, count })
    if (clauses.size > MAX_WORD_CLAUSES) throw tooLong()
  }
  for (const { sign, quoted, plain } of partsOf(query)) {
    const occur = OCCURS[sign] ?? 'should'
    if (quoted !== undefined) addPhrase(termsOf(quoted, language), occur, add)
    else addPlain(plain, occur, language, add)
  }
  // A word that is repeated counts so many times more.
  return Array.from(clauses.values(), ({ clause, count }) =>
    count === 1 ? clause : { ...clause, boost: count },
  )
}

interface Part {
  readonly sign: string
  readonly quoted: string | undefined
  readonly plain: string
}

function* partsOf(query: string): Generator<Part> {
  // A quote without another ends nothing. (Seen beforehand: the expression would look for its end from it on, and then
  // from each place anew.)
  let quotes = 0
  for (let at = query.indexOf('"'); at >= 0; at = query.indexOf('"', at + 1)) quotes++
  const last = query.lastIndexOf('"')
  const paired = quotes % 2 === 0 ? query : `${query.slice(0, last)} ${query.slice(last + 1)}`
  for (const [, sign = '', quoted, plain = ''] of paired.matchAll(PART)) {
    yield { sign, quoted, plain }
  }
}

function addPhrase(
  terms: readonly (string | undefined)[],
  occur: Occur,
  add: (clause: WordClause) => void,
): void {
  const first = terms.findIndex((term) => term !== undefined)
  const last = terms.findLastIndex((term) => term !== undefined)
  const [term, ...more] = terms.slice(first, last + 1)
  if (first < 0 || term === undefined) return
  if (more.length >= MAX_WORD_CLAUSES) throw tooLong()
  if (more.length === 0) add({ kind: 'term', term, occur })
  else add({ kind: 'phrase', terms: [term, ...more], occur })
}

function addPlain(
  text: string,
  occur: Occur,
  language: Language,
  add: (clause: WordClause) => void,
): void {
  const [, edits] = /~([12])$/.exec(text) ?? []
  if (edits !== undefined) {
    for (const term of termsOf(text.slice(0, -2), language)) {
      if (term !== undefined) add({ kind: 'fuzzy', term, edits: edits === '1' ? 1 : 2, occur })
    }
    return
  }
  const words: string[] = []
  language.segmenter.each(text, (word) => words.push(word))
  const last = text.endsWith('*') ? words.pop() : undefined
  if (last !== undefined) {
    const stem = language.termOf(last)
    const prefix = language.normalize(last)
    add({ kind: 'prefix', prefix, also: stem === undefined ? [] : [stem], occur })
  }
  const terms = words.map((word) => language.termOf(word))
  // What is one word with a hyphen is kept out as one, or half of it would keep out more than was meant.
  if (occur === 'must_not') addPhrase(terms, occur, add)
  else
    for (const term of terms) {
      if (term !== undefined) add({ kind: 'term', term, occur })
    }
}

function tooLong(): QuiverError {
  return new QuiverError(
    'INVALID_OPTION',
    `A query by words holds at most ${MAX_WORD_CLAUSES} different ones. Ask for fewer.`,
  )
}
