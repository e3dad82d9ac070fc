import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_WORD_CLAUSES } from '../../../src/contract/words.ts'
import { english } from '../../../src/text/language/english.ts'
import { parseWords } from '../../../src/text/query.ts'

const parse = (query: string) => parseWords(query, english)
const term = (word: string, occur = 'should') => ({ kind: 'term', term: word, occur })

describe('queries of words', () => {
  test('plain words are wished for, and count as often as they come', () => {
    expect(parse('the running cats')).toEqual([term('run'), term('cat')])
    expect(parse('cat, cats! dog')).toEqual([{ ...term('cat'), boost: 2 }, term('dog')])
    expect(parse('well-known')).toEqual([term('well'), term('known')])
  })

  test('signs, phrases, prefixes and typing errors', () => {
    expect(parse('+cats -dogs')).toEqual([term('cat', 'must'), term('dog', 'must_not')])
    expect(parse('"the bank of England"')).toEqual([
      { kind: 'phrase', terms: ['bank', undefined, 'england'], occur: 'should' },
    ])
    expect(parse('-"white whale" +"whale"')).toEqual([
      { kind: 'phrase', terms: ['white', 'whale'], occur: 'must_not' },
      term('whale', 'must'),
    ])
    expect(parse('-well-known')).toEqual([
      { kind: 'phrase', terms: ['well', 'known'], occur: 'must_not' },
    ])
    expect(parse('Universities*')).toEqual([
      { kind: 'prefix', prefix: 'universities', also: ['univers'], occur: 'should' },
    ])
    expect(parse('helicoptr~1 whael~2')).toEqual([
      { kind: 'fuzzy', term: 'helicoptr', edits: 1, occur: 'should' },
      { kind: 'fuzzy', term: 'whael', edits: 2, occur: 'should' },
    ])
  })

  test('what is none of these is plain text', () => {
    for (const query of [
      '',
      ' ',
      '*',
      '~1',
      '+',
      '-',
      '"',
      '""',
      '+"',
      '- "" *',
      'the of',
      '"the"',
      '"~2',
    ]) {
      expect(parse(query)).toEqual([])
    }
    expect(parse('5" disk')).toEqual([term('5'), term('disk')])
    expect(parse('cat~9 e-mail a*b')).toEqual(
      expect.arrayContaining([term('cat'), term('9'), term('mail'), term('b')]),
    )
  })

  test('no string is wrong, but one of too many words', () => {
    const piece = fc.constantFrom('"', '+', '-', '*', '~1', '~2', ' ', 'cat', 'the', '\ud800', 'é')
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 30 }), (query) => {
        parse(query)
      }),
    )
    const many = Array.from({ length: MAX_WORD_CLAUSES + 1 }, (_, n) => `w${n}`)
    expect(parse(many.slice(1).join(' '))).toHaveLength(MAX_WORD_CLAUSES)
    expect(() => parse(many.join(' '))).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => parse(`"${many.join(' ')} more"`)).toThrow(/at most 1024/)
  })

  test.each(['"', '" "', '""', '+-', '~1', 'x', '* ', '-"a" '])('10 MB of %s', (piece) => {
    expect(parse(piece.repeat(10_000_000 / piece.length)).length).toBeLessThan(3)
  })
})
