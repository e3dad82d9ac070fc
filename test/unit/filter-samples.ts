/** Random fields, records that fit them and filters that may be asked of them, over so few values that they often meet. */
import fc from 'fast-check'
import type { Fields, FieldType } from '../../src/contract/fields.ts'

export type SampleRecord = Readonly<Record<string, unknown>>

/** Names that are traps for code that asks a prototype are among them. */
const NAMES = ['lang', 'year', 'tags', '__proto__', 'constructor', 'toString', 'a.b', '0', 'é “☃”']
const TYPES: readonly FieldType[] = ['keyword', 'keyword[]', 'number', 'boolean', 'date']

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
)

const MEMBER: Readonly<Record<FieldType, fc.Arbitrary<unknown>>> = {
  keyword,
  'keyword[]': keyword,
  number: fc.constantFrom(-1e300, -1.5, -0, 0, Number.MIN_VALUE, 1, 2, 2.5, 2 ** 53),
  boolean: fc.boolean(),
  date: fc.constantFrom(-8.64e15, -1, 0, 1, 1.7e12).map((time) => new Date(time)),
}

export const fieldsArbitrary: fc.Arbitrary<Fields> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...TYPES)), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((entries) => Object.fromEntries(entries))

export function recordsArbitrary(fields: Fields): fc.Arbitrary<SampleRecord[]> {
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

export function filterArbitrary(fields: Fields): fc.Arbitrary<SampleRecord> {
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

function fieldClause(fields: Fields): fc.Arbitrary<[string, unknown]> {
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
  const equality = { $eq: maybe, $ne: maybe, $in: several, $nin: several, $exists: fc.boolean() }
  const bound = type === 'number' ? fc.oneof(value, fc.constantFrom(-Infinity, Infinity)) : value
  const order = { $gt: bound, $gte: bound, $lt: bound, $lte: bound }
  const operators =
    type === 'keyword[]'
      ? { ...equality, $contains: value }
      : type === 'boolean'
        ? equality
        : { ...equality, ...order }
  // Few at once: of many, one is sure to fail and hides the others.
  const operator = fc.oneof(
    ...Object.entries(operators).map(([name, operand]) => fc.tuple(fc.constant(name), operand)),
  )
  const anyOperators = fc
    .array(operator, { minLength: 1, maxLength: 2 })
    .map((entries): unknown => Object.fromEntries(entries))
  return fc.oneof(maybe, anyOperators)
}
