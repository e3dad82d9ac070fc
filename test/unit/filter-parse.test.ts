import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../src/collection/filter/index.ts'

const fields = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
  body: 'text',
} as const

function refusal(message: string | RegExp): unknown {
  return expect.objectContaining({
    code: 'INVALID_FILTER',
    message: expect.stringMatching(message) as string,
  })
}

/** `{ $not: { $not: ... {} } }` */
function nested(levels: number): unknown {
  let filter: unknown = {}
  for (let level = 1; level < levels; level++) filter = { $not: filter }
  return filter
}

describe('parseFilter', () => {
  test('makes a plan of few operators', () => {
    const filter = { lang: 'en', year: { $gte: 2020 }, tags: { $nin: ['a', null] } }
    expect(parseFilter(filter, fields)).toEqual({
      kind: 'and',
      nodes: [
        { kind: 'in', field: 'lang', values: ['en'] },
        { kind: 'compare', field: 'year', order: '$gte', value: 2020 },
        {
          kind: 'not',
          node: {
            kind: 'or',
            nodes: [
              { kind: 'in', field: 'tags', values: ['a'] },
              { kind: 'not', node: { kind: 'exists', field: 'tags' } },
            ],
          },
        },
      ],
    })
  })

  test('takes a date for milliseconds', () => {
    expect(parseFilter({ day: new Date(5) }, fields)).toEqual({
      kind: 'in',
      field: 'day',
      values: [5],
    })
  })

  test.each([
    [undefined, /^where must be an object .* got undefined/],
    [null, /^where .* got null/],
    [[{ lang: 'en' }], /^where .* got an array/],
    [new Map(), /^where .* got an object/],
    [
      { colour: 'red' },
      /^where\.colour is not a declared field: .*kept and returned.* { fields: { colour: .* lang, tags, year/,
    ],
    [{ id: 'a' }, /^where\.id is a reserved property/],
    [{ $or: [{ lang: 'en' }, { colour: 1 }] }, /^where\.\$or\[1\]\.colour /],
    [{ $gt: 5 }, /^where\.\$gt is no operator between filters; those are \$and, \$or, \$not/],
    [{ $nor: [{}] }, /^where\.\$nor is no operator/],
    [{ $and: [] }, /^where\.\$and .* at least one filter, got an empty array/],
    [{ $or: { lang: 'en' } }, /^where\.\$or .* got an object/],
    [{ $or: Array(1) }, /^where\.\$or\[0\] .* got undefined/],
    [{ $not: [{}] }, /^where\.\$not must be an object .* got an array/],
    [{ $not: { $and: ['x'] } }, /^where\.\$not\.\$and\[0\] must be an object .* got 'x'/],
    [{ year: {} }, /^where\.year has no operator; a number field takes \$eq,/],
    [{ year: { gte: 5 } }, /^where\.year\.gte cannot be asked of a number field/],
    [{ lang: { $regex: '(a+)+$' } }, /^where\.lang\.\$regex cannot be asked of a keyword field/],
    [{ draft: { $gt: false } }, /^where\.draft\.\$gt cannot be asked of a boolean field/],
    [{ tags: { $lt: 'a' } }, /^where\.tags\.\$lt cannot be asked of a keyword\[\] field/],
    [{ lang: { $contains: 'e' } }, /^where\.lang\.\$contains cannot/],
    [{ year: '2020' }, /^where\.year must be a number, got '2020'/],
    [{ year: { $gte: '2020' } }, /^where\.year\.\$gte must be a number, got '2020'/],
    [{ year: NaN }, /^where\.year must be a number, got NaN/],
    [{ year: 1n }, /^where\.year must be a number, got a bigint/],
    [{ year: { $gt: null } }, /^where\.year\.\$gt must be a number, got null/],
    [{ year: { $in: 2020 } }, /^where\.year\.\$in must be an array/],
    [{ year: { $nin: [1, '2'] } }, /^where\.year\.\$nin\[1\] must be a number, got '2'/],
    [{ year: { $in: Array(1) } }, /^where\.year\.\$in\[0\] must be a number, got undefined/],
    [{ year: { $exists: 1 } }, /^where\.year\.\$exists must be true or false, got 1/],
    [{ lang: undefined }, /^where\.lang must be a string, got undefined/],
    [{ lang: /en/ }, /^where\.lang must be a string, got an object/],
    [{ draft: 0 }, /^where\.draft must be true or false, got 0/],
    [{ tags: ['a', 'b'] }, /^where\.tags must be one string .* got an array; .*\$in/],
    [{ day: '2026-01-31' }, /^where\.day must be a valid Date, .* got '2026-01-31'/],
    [{ day: new Date(NaN) }, /^where\.day must be a valid Date, .* got an invalid Date/],
    [{ day: 0 }, /^where\.day must be a valid Date, .* got 0/],
    [
      { place: 'Utrecht' },
      /^where\.place cannot be asked of a geo field, which takes \$geoRadius,/,
    ],
    [{ place: { lat: 52, lon: 5 } }, /^where\.place\.lat cannot be asked of a geo field/],
    [{ place: { $eq: null } }, /^where\.place\.\$eq cannot be asked of a geo field/],
    [{ place: { $geoRadius: 5 } }, /\$geoRadius must be { lat, lon, radius }, got 5/],
    [{ place: { $geoRadius: { lat: 1, lon: 1 } } }, /radius must be a finite .* got undefined/],
    [
      { place: { $geoRadius: { lat: 1, lon: 1, radius: -1 } } },
      /radius must .* at least 0, got -1/,
    ],
    [{ place: { $geoRadius: { lat: 1, lon: 1, radius: Infinity } } }, /radius must be a finite/],
    [
      { place: { $geoRadius: { lat: 91, lon: 1, radius: 1 } } },
      /\.lat must be degrees from -90 to 90/,
    ],
    [
      { place: { $geoRadius: { lat: 1, lon: 181, radius: 1 } } },
      /\.lon must be .* -180 to 180, got 181/,
    ],
    [{ place: { $geoRadius: { lat: 1, lon: 1, radius: 1, km: 1 } } }, /\.km is not part of/],
    [
      { place: { $geoRadius: Object.create({ lat: 1, lon: 1, radius: 1 }) as object } },
      /got an object/,
    ],
    [
      { place: { $geoBox: { north: 1, south: 2, east: 1, west: 1 } } },
      /south below its north, got 2 and 1/,
    ],
    [
      { place: { $geoBox: { north: 1, south: 0, east: '1', west: 1 } } },
      /\.east must be .* got '1'/,
    ],
    [
      { body: 'cat' },
      /^where\.body cannot be asked of a text field, which takes \$exists; .* searching/,
    ],
    [{ body: { $contains: 'cat' } }, /^where\.body\.\$contains cannot .* searching/],
    [{ body: { $eq: null } }, /^where\.body\.\$eq cannot be asked of a text field/],
    [
      { text: 'cat' },
      /^where\.text is no declared field; declare it with { fields: { text: 'text' } }/,
    ],
  ])('refuses %o', (filter, message) => {
    expect(() => parseFilter(filter, fields)).toThrow(refusal(message))
  })

  test('never asks a prototype', () => {
    const own = JSON.parse('{ "__proto__": "en" }') as unknown
    const inherited = Object.create({ lang: 'en' }) as unknown
    expect(() => parseFilter(own, fields)).toThrow(refusal(/^where\.__proto__ is not a declared/))
    expect(() => parseFilter({ constructor: 'x' }, fields)).toThrow(
      refusal(/^where\.constructor is/),
    )
    expect(() => parseFilter({ toString: 'x' }, {})).toThrow(refusal('Declared so far: none'))
    expect(() => parseFilter(inherited, fields)).toThrow(refusal(/^where must be an object/))
    expect(() => parseFilter({ lang: inherited }, fields)).toThrow(
      refusal(/^where\.lang must be a/),
    )
    expect(() => parseFilter({ lang: { constructor: 1 } }, fields)).toThrow(
      refusal(/^where\.lang\.constructor cannot/),
    )
  })

  test('filters by fields that are named as prototypes name theirs', () => {
    const traps = JSON.parse('{ "__proto__": "keyword", "constructor": "number" }') as {
      readonly [name: string]: 'keyword' | 'number'
    }
    const filter = JSON.parse('{ "__proto__": "a", "constructor": { "$gt": 1 } }') as unknown
    expect(parseFilter(filter, traps)).toEqual({
      kind: 'and',
      nodes: [
        { kind: 'in', field: '__proto__', values: ['a'] },
        { kind: 'compare', field: 'constructor', order: '$gt', value: 1 },
      ],
    })
  })

  test('takes what has no prototype, as other realms and JSON make it', () => {
    const filter = Object.assign(Object.create(null) as object, { lang: 'en' })
    expect(parseFilter(filter, fields)).toEqual({ kind: 'in', field: 'lang', values: ['en'] })
  })

  test('bounds the nesting, and says so', () => {
    expect(() => parseFilter(nested(100), fields)).not.toThrow()
    const deep = refusal(/^The filter is nested deeper than 100 levels/)
    for (const levels of [101, 1_000, 100_000]) {
      expect(() => parseFilter(nested(levels), fields)).toThrow(deep)
    }
  })

  test('bounds the clauses, and says so', () => {
    const clauses = (count: number) => Array.from({ length: count }, () => ({ lang: 'en' }))
    expect(() => parseFilter({ $or: clauses(4_095) }, fields)).not.toThrow()
    const many = refusal(/^The filter has more than 4,096 clauses\. .* "in"/)
    expect(() => parseFilter({ $or: clauses(100_000) }, fields)).toThrow(many)
    expect(() => parseFilter({ $or: clauses(100_000).map(() => ({})) }, fields)).toThrow(many)
    expect(() =>
      parseFilter({ lang: { $in: Array<string>(100_000).fill('en') } }, fields),
    ).not.toThrow()
    // One object a thousand times over, inside one that is, too: a million clauses out of few.
    const [inner] = [Array<unknown>(1_000).fill({ lang: 'en' })]
    const outer = Array<unknown>(1_000).fill({ $or: inner })
    expect(() => parseFilter({ $and: outer }, fields)).toThrow(many)
  })

  test('ends with what refers to itself', () => {
    const cyclic: Record<string, unknown> = { lang: 'en' }
    cyclic['$and'] = [cyclic, cyclic]
    cyclic['$not'] = cyclic
    expect(() => parseFilter(cyclic, fields)).toThrow(refusal(/nested deeper than 100 levels/))
  })

  test('reads each property once, and says which cannot be', () => {
    let reads = 0
    const changing = {
      get year() {
        return ++reads === 1 ? 2020 : '2020'
      },
    }
    expect(parseFilter(changing, fields)).toEqual({ kind: 'in', field: 'year', values: [2020] })
    const broken = {
      get lang(): string {
        throw new Error('not today')
      },
    }
    expect(() => parseFilter({ $not: broken }, fields)).toThrow(
      refusal(/^where\.\$not has a property that cannot be read/),
    )
  })

  test('takes areas', () => {
    const box = { north: 1, south: -1, east: -170, west: 170 }
    expect(parseFilter({ place: { $geoBox: box } }, fields)).toEqual({
      kind: 'within',
      field: 'place',
      area: box,
    })
    const circle = { lat: 52, lon: 5, radius: 0 }
    expect(parseFilter({ place: { $geoRadius: circle } }, fields)).toMatchObject({ area: circle })
  })

  test('keeps its message short, whatever is in the filter', () => {
    const huge = 'x'.repeat(10_000_000)
    for (const filter of [huge, { [huge]: 1 }, { year: huge }, { year: { [huge]: 1 } }]) {
      expect(() => parseFilter(filter, fields)).toThrow(refusal(/^.{1,500}$/s))
    }
  })
})
