import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyze, termsOf } from '../../../src/text/analyze.ts'
import { english } from '../../../src/text/language/english.ts'

const terms = (text: string) => analyze(text, english).map(({ term }) => term)

describe('analysis', () => {
  test('stems, folds and leaves out stop words, and says where each term is', () => {
    const text = 'The Cats of Düsseldorf were RUNNING'
    expect(analyze(text, english)).toEqual([
      { term: 'cat', position: 1, start: 4, end: 8 },
      { term: 'dusseldorf', position: 3, start: 12, end: 22 },
      { term: 'run', position: 5, start: 28, end: 35 },
    ])
    expect(termsOf(text, english)).toEqual([
      undefined,
      'cat',
      undefined,
      'dusseldorf',
      undefined,
      'run',
    ])
  })

  test('one spelling for what looks alike', () => {
    const spellings = ['café', 'cafe\u0301', 'CAFÉ', 'ｃａｆｅ', 'cafe']
    expect(new Set(spellings.flatMap(terms))).toEqual(new Set(['cafe']))
    expect(terms('the dog’s dogs')).toEqual(['dog', 'dog'])
    expect(terms('ﬁnances')).toEqual(terms('finances'))
  })

  test('takes any string', () => {
    for (const text of [
      '',
      '\ud800',
      'a\udfffb',
      '\0',
      '🙂',
      '...',
      '東京',
      'مرحبا',
      '\u0301'.repeat(99),
    ]) {
      for (const { start, end } of analyze(text, english)) {
        expect(start).toBeLessThan(end)
        expect(end).toBeLessThanOrEqual(text.length)
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const tokens = analyze(text, english)
        expect(tokens.every(({ term }) => term.length > 0 && term.isWellFormed())).toBe(true)
        expect(termsOf(text, english).filter((term) => term !== undefined)).toEqual(
          tokens.map(({ term }) => term),
        )
      }),
    )
  })

  test('takes 10 MB of it', () => {
    const size = 10_000_000
    expect(analyze('x'.repeat(size), english)).toHaveLength(1)
    expect(terms('é'.repeat(size))[0]!.length).toBeLessThanOrEqual(64)
    expect(analyze('word '.repeat(size / 5), english)).toHaveLength(size / 5)
    expect(analyze("'.".repeat(size / 2), english)).toEqual([])
    expect(analyze('_'.repeat(size), english)).toEqual([])
  })
})
