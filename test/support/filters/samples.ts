/** Random fields, records that fit them and filters that may be asked of them, over so few values that they often meet. */
import fc from 'fast-check'
import type { FieldType } from '../../../src/contract/fields.ts'

export type SampleRecord = Readonly<Record<string, unknown>>
export type SampleFields = Readonly<Record<string, FieldType>>

/** Names that are traps for code that asks a prototype are among them. */
const NAMES = [
  'lang',
  'year',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  '0',
  'é “☃”',
  'in',
  '`',
]
const TYPES = ['keyword', 'keyword[]', 'number', 'boolean', 'date', 'geo', 'text'] as const

const keyword = fc.constantFrom(
  '',
  'a',
  'ab',
  'b',
  'B',
  '10',
  '9',
  'é',
  '\ud800',
  '😀',
  '__proto__',
  `'"'`,
)

/** Binary fractions, so that the twin may add and subtract them without rounding. */
const LATITUDES = [-90, -33.875, 0, 10, 52.375, 90]
const LONGITUDES = [-180, -179.5, -0.125, 0, 4.875, 151.25, 179.5, 180]
const place = fc.record({
  lat: fc.constantFrom(...LATITUDES),
  lon: fc.constantFrom(...LONGITUDES),
})

const MEMBER: Readonly<Record<FieldType, fc.Arbitrary<unknown>>> = {
  keyword,
  'keyword[]': keyword,
  number: fc.constantFrom(-1e300, -1.5, -0, 0, Number.MIN_VALUE, 1, 2, 2.5, 2 ** 53),
  boolean: fc.boolean(),
  date: fc.constantFrom(-8.64e15, -1, 0, 1, 1.7e12).map((time) => new Date(time)),
  geo: place,
  text: fc.constantFrom('', 'the cat sat'),
}

const geoRadius = fc
  .tuple(place, fc.constantFrom(0, 1, 11_200, 12e3, 1e6, 9e6, 19e6, 2.1e7))
  .map(([centre, radius]) => ({ ...centre, radius }))
const geoBox = fc
  .tuple(place, place)
  .map(([{ lat: one, lon: west }, { lat: other, lon: east }]) => ({
    north: Math.max(one, other),
    south: Math.min(one, other),
    east,
    west,
  }))

export const fieldsArbitrary: fc.Arbitrary<SampleFields> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...TYPES)), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((entries) => Object.fromEntries(entries))

export function recordsArbitrary(fields: SampleFields): fc.Arbitrary<SampleRecord[]> {
  const entries = Object.entries(fields).map(([name, type]) => {
    const value = type === 'keyword[]' ? fc.array(keyword, { maxLength: 3 }) : MEMBER[type]
    const present = value.map((each) => [[name, each]])
    return fc.oneof(
      { weight: 4, arbitrary: present },
      { weight: 1, arbitrary: fc.constantFrom([], [[name, null]], [[name, undefined]]) },
    )
  })
  const record = fc
    .tuple(...entries)
    .map((parts) => Object.fromEntries(parts.flat()) as SampleRecord)
  return fc.array(record, { maxLength: 40 })
}

export function filterArbitrary(fields: SampleFields): fc.Arbitrary<SampleRecord> {
  const { filter } = fc.letrec<{ filter: SampleRecord; clause: unknown }>((tie) => ({
    filter: fc
      .array(tie('clause') as fc.Arbitrary<[string, unknown]>, { maxLength: 3 })
      .map((clauses) => Object.fromEntries(clauses)),
    clause: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fieldClause(fields),
      tie('filter').map((inner) => ['$not', inner]),
      fc
        .tuple(
          fc.constantFrom('$and', '$or'),
          fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
        )
        .map(([operator, inner]) => [operator, inner]),
    ),
  }))
  return filter
}

function fieldClause(fields: SampleFields): fc.Arbitrary<[string, unknown]> {
  const names = Object.keys(fields)
  if (names.length === 0) return fc.constant(['$and', [{}]])
  return fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), conditionArbitrary(fields[name] ?? 'keyword')))
}

function conditionArbitrary(type: FieldType): fc.Arbitrary<unknown> {
  const value = MEMBER[type]
  const maybe = fc.option(value, { freq: 5 })
  const several = fc.array(maybe, { maxLength: 6 })
  const presence = { $exists: fc.boolean() }
  const equality = { ...presence, $eq: maybe, $ne: maybe, $in: several, $nin: several }
  const bound = type === 'number' ? fc.oneof(value, fc.constantFrom(-Infinity, Infinity)) : value
  const order = { ...equality, $gt: bound, $gte: bound, $lt: bound, $lte: bound }
  const operators: Readonly<Record<FieldType, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
    keyword: order,
    'keyword[]': { ...equality, $contains: value },
    number: order,
    boolean: equality,
    date: order,
    geo: { ...presence, $geoRadius: geoRadius, $geoBox: geoBox },
    text: presence,
  }
  // Few at once: of many, one is sure to fail and hides the others.
  const operator = fc.oneof(
    ...Object.entries(operators[type]).map(([name, operand]) =>
      fc.tuple(fc.constant(name), operand),
    ),
  )
  const anyOperators = fc
    .array(operator, { minLength: 1, maxLength: 2 })
    .map((entries): unknown => Object.fromEntries(entries))
  const equalled = type === 'geo' || type === 'text' ? fc.constant(null) : maybe
  return fc.oneof(equalled, anyOperators)
}
