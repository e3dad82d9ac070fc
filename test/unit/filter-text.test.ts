import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Columns } from '../../src/collection/columns/index.ts'
import { evaluateFilter, parseFilter } from '../../src/collection/filter/index.ts'
import type { QuiverError } from '../../src/contract/errors.ts'
import { printed } from '../support/filters/printed.ts'
import { fieldsArbitrary, filterArbitrary, recordsArbitrary } from '../support/filters/samples.ts'

const fields = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
  body: 'text',
  in: 'number',
  date: 'number',
} as const

function refusal(message: string | RegExp): unknown {
  return expect.objectContaining({
    code: 'INVALID_FILTER',
    message: expect.stringMatching(message) as string,
  })
}

describe('a filter as text', () => {
  test.each([
    ["lang = 'en'", { lang: 'en' }],
    ['lang="en"', { lang: 'en' }],
    ["lang = 'it''s' and lang != \"\"", { lang: { $eq: "it's", $ne: '' } }],
    [
      "year >= 2020 AND tags CONTAINS 'x'",
      { $and: [{ year: { $gte: 2020 } }, { tags: { $contains: 'x' } }] },
    ],
    ['year<-1.5e3', { year: { $lt: -1500 } }],
    ['draft = True', { draft: true }],
    ['year In (1, 2,3)', { year: { $in: [1, 2, 3] } }],
    ["tags NOT IN ('a')", { tags: { $nin: ['a'] } }],
    ["tags NOT CONTAINS 'a'", { $not: { tags: 'a' } }],
    ['lang EXISTS', { lang: { $exists: true } }],
    ['lang not exists', { lang: { $exists: false } }],
    ['lang IS NULL', { lang: null }],
    ['body IS NOT NULL', { body: { $exists: true } }],
    ['`in` = 1', { in: 1 }],
    ['date > 1', { date: { $gt: 1 } }],
    ["day >= '2026-01-31'", { day: { $gte: new Date('2026-01-31T00:00:00Z') } }],
    ["day = DATE '2026-01-31T12:00+02:00'", { day: new Date('2026-01-31T10:00:00Z') }],
    ["day < '-000001-02-28'", { day: { $lt: new Date('-000001-02-28T00:00:00Z') } }],
    [
      'place WITHIN 5 km OF (52.37, 4.9)',
      { place: { $geoRadius: { lat: 52.37, lon: 4.9, radius: 5000 } } },
    ],
    ['place within 250m of(-1,+2)', { place: { $geoRadius: { lat: -1, lon: 2, radius: 250 } } }],
    [
      'place WITHIN (-1, 170) TO (1, -170)',
      { place: { $geoBox: { north: 1, south: -1, east: -170, west: 170 } } },
    ],
  ])('%s', (text, filter) => {
    expect(parseFilter(text, fields)).toEqual(parseFilter(filter, fields))
  })

  test('binds NOT before AND before OR', () => {
    const [a, b, c] = [{ year: 1 }, { year: 2 }, { year: 3 }]
    const same = (text: string, filter: unknown) => {
      expect(parseFilter(text, fields)).toEqual(parseFilter(filter, fields))
    }
    same('year=1 OR year=2 AND year=3', { $or: [a, { $and: [b, c] }] })
    same('(year=1 OR year=2) AND year=3', { $and: [{ $or: [a, b] }, c] })
    same('NOT year=1 AND NOT NOT year=2', { $and: [{ $not: a }, { $not: { $not: b } }] })
    same('NOT (year=1 AND year=2)', { $not: { $and: [a, b] } })
    same('year=1 or year=2 or year=3', { $or: [a, b, c] })
  })

  test.each([
    ['', /^where, at character 1: a field .* is expected, got the end/],
    ['  ', /^where, at character 3: a field .* is expected, got the end/],
    ['year', /^where, at character 5: an operator is expected, got the end/],
    ['year >=', /^where, at character 8: a value .* is expected, got the end/],
    ['lang = en', /^where, at character 8: a value \(strings in quotes\) is expected, got en/],
    ["year >= '2020'", /^where, at character 9: the value must be a number, got '2020'/],
    [
      'colour = 1',
      /^where, at character 1: colour is not a declared field: .*Declare it when opening/,
    ],
    ['year = 1 AND (id = 2)', /^where, at character 15: id is a reserved property/],
    ['constructor = 1', /^where, at character 1: constructor is not a declared field/],
    ['__proto__ IS NULL', /^where, at character 1: __proto__ is not a declared field/],
    [
      'draft > true',
      /^where, at character 7: > cannot be asked of a boolean field, which takes =, !=, IN, NOT IN, EXISTS/,
    ],
    ["lang CONTAINS 'e'", /^where, at character 6: CONTAINS cannot be asked of a keyword field/],
    [
      "body = 'cat'",
      /^where, at character 6: = cannot be asked of a text field, which takes EXISTS; .* searching/,
    ],
    ['place = 1', /^where, at character 7: = cannot be asked of a geo field, which takes WITHIN/],
    [
      'year WITHIN 1 km OF (1, 2)',
      /^where, at character 6: WITHIN cannot be asked of a number field/,
    ],
    ['place WITHIN 1 mile OF (1, 2)', /^where, at character 16: m or km is expected, got mile/],
    ['place WITHIN -1 m OF (1, 2)', /^where, at character 14: the distance must .* got -1/],
    [
      'place WITHIN 1 m OF (91, 2)',
      /^where, at character 22: the latitude must be degrees from -90 to 90, got 91/,
    ],
    ['place WITHIN 1 m OF (1, 200)', /^where, at character 25: the longitude must be/],
    [
      'place WITHIN (2, 1) TO (1, 2)',
      /^where, at character 7: WITHIN must have its south below its north/,
    ],
    ['year = NULL', /^where, at character 8: the value must not be NULL; ask IS NULL/],
    ['year IN (1, NULL)', /^where, at character 13: the value must not be NULL/],
    ['year IN ()', /^where, at character 10: a value .* is expected, got \)/],
    ['year IN 1', /^where, at character 9: \( is expected, got 1/],
    ['year NOT = 1', /^where, at character 10: IN, CONTAINS, EXISTS or WITHIN is expected, got =/],
    ['in = 1', /^where, at character 1: a field \(in backquotes .*\) is expected, got in/],
    ['year = 1 year = 2', /^where, at character 10: AND, OR or the end is expected, got year/],
    ['(year = 1', /^where, at character 10: \) is expected, got the end/],
    ['year = 1)', /^where, at character 9: AND, OR or the end is expected, got \)/],
    ['year == 1', /^where, at character 7: a value .* is expected, got =/],
    ['year ~ 1', /^where, at character 6: "~" means nothing there/],
    ['year = 😀', /^where, at character 8: "😀" means nothing there/],
    ["lang = 'en", /^where, at character 8: 'en is not closed by another '/],
    ["day > '31.1.2026'", /^where, at character 7: the value must be a date such as '2026-01-31'/],
    ["day > '2026-02-31'", /must be a date such as .* got '2026-02-31'/],
    ["day > '2026-02-28T12:00'", /must be a date such as .* got '2026-02-28T12:00'/],
    ['day > 5', /must be a valid Date, .* got 5/],
    ["year > DATE '2026-01-31'", /^where, at character 8: the value must be a number, got a Date/],
    ['day > DATE 2026', /^where, at character 12: a value .* is expected, got 2026/],
  ])('refuses %s', (text, message) => {
    expect(() => parseFilter(text, fields)).toThrow(refusal(message))
  })

  test('is bounded in length and depth', () => {
    const long = refusal(
      /^The text of a filter must have at most 65,536 characters, got 10,000,000/,
    )
    expect(() => parseFilter('('.repeat(10_000_000), fields)).toThrow(long)
    const deep = refusal(/^The filter is nested deeper than 100 levels/)
    expect(() => parseFilter('('.repeat(65_536), fields)).toThrow(deep)
    expect(() => parseFilter('NOT '.repeat(16_000), fields)).toThrow(deep)
    const nested = (levels: number) => `${'('.repeat(levels)}year=1${')'.repeat(levels)}`
    expect(parseFilter(nested(99), fields)).toEqual(parseFilter({ year: 1 }, fields))
    expect(() => parseFilter(nested(100), fields)).toThrow(deep)
  })

  test('is bounded in clauses', () => {
    const clauses = (count: number) => Array<string>(count).fill('year=1').join(' OR ')
    expect(() => parseFilter(clauses(4_096), fields)).not.toThrow()
    expect(() => parseFilter(clauses(4_097), fields)).toThrow(
      refusal(/^The filter has more than 4,096 clauses\. .* "in"/),
    )
  })

  test('is read to its end however long its pieces are', () => {
    for (const piece of ['a', ' ', '1', "''", '"', '`', '(a+)+$', '-', '.', '😀', '\ud800']) {
      const text = piece.repeat(65_536 / piece.length)
      for (const start of ['', 'lang = ', "lang = '"]) {
        const whole = (start + text).slice(0, 65_536)
        expect(() => parseFilter(whole, fields)).toThrow(refusal(/^.{1,500}$/s))
      }
    }
  })

  test('is a filter or refused, whatever it says', () => {
    const piece = fc.constantFrom(
      ...'lang tags year day place AND or NOT IN IS NULL EXISTS WITHIN OF TO km m ( ) , = <= 1 -2.5'.split(
        ' ',
      ),
      "'x'",
      "''",
      '"',
      '`',
      'DATE',
      "'2026-01-31'",
      'true',
      '\u0000',
      '😀',
      '\\',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(' ', ''), (pieces, space) => {
        try {
          parseFilter(pieces.join(space), fields)
        } catch (error) {
          expect((error as QuiverError).code).toBe('INVALID_FILTER')
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('means what the same filter as an object means', () => {
    const sample = fieldsArbitrary
      .filter((declared) => Object.keys(declared).length > 0)
      .chain((declared) =>
        fc.tuple(fc.constant(declared), recordsArbitrary(declared), filterArbitrary(declared)),
      )
    fc.assert(
      fc.property(sample, ([declared, records, filter]) => {
        const columns = new Columns(declared)
        columns.append(records)
        const rows = (where: unknown) =>
          evaluateFilter(parseFilter(where, declared), columns).rows()
        expect(rows(printed(filter, declared))).toEqual(rows(filter))
      }),
      { numRuns: 1_000 },
    )
  })
})
