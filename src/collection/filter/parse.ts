import type { Fields, FieldType } from '../../contract/fields.ts'
import { QuiverError } from '../../contract/errors.ts'
import { isReservedName } from '../columns/index.ts'
import { describe, isPlainObject, shorten } from '../values.ts'
import type { Constant, FilterNode, Order } from './node.ts'

/** Nesting beyond this is a program gone wrong, and would end in an overflow of the stack. */
const MAX_DEPTH = 100

const LOGICAL = ['$and', '$or', '$not']
const EQUALITY = ['$eq', '$ne', '$in', '$nin', '$exists']
const ORDER = ['$gt', '$gte', '$lt', '$lte']

const OPERATORS: Readonly<Record<FieldType, readonly string[]>> = {
  keyword: [...EQUALITY, ...ORDER],
  'keyword[]': [...EQUALITY, '$contains'],
  number: [...EQUALITY, ...ORDER],
  boolean: EQUALITY,
  date: [...EQUALITY, ...ORDER],
}

/**
 * Checks a filter against the declared fields and makes it a plan. Pure. `{}` matches every record; `$and` and `$or`
 * need at least one filter, as in MongoDB, for an empty one matches all or nothing by accident.
 * @throws QuiverError `INVALID_FILTER`, naming the place, e.g. `where.year.$gte`
 */
export function parseFilter(filter: unknown, fields: Fields): FilterNode {
  return parseClauses(filter, { fields, path: 'where', depth: 1 })
}

/** Where in the filter the parser is. */
interface Place {
  readonly fields: Fields
  readonly path: string
  readonly depth: number
}

/** One field of the filter. */
interface FieldPlace {
  readonly name: string
  readonly type: FieldType
  readonly path: string
}

function parseClauses(filter: unknown, place: Place): FilterNode {
  if (place.depth > MAX_DEPTH) {
    throw new QuiverError(
      'INVALID_FILTER',
      `The filter is nested deeper than ${MAX_DEPTH} levels. Put its clauses side by side in one $and or $or.`,
    )
  }
  if (!isPlainObject(filter)) {
    throw refuse(
      place.path,
      `must be an object such as { year: { $gte: 2020 } }, got ${describe(filter)}`,
    )
  }
  return all(
    Object.entries(filter).map(([key, value]) => {
      const inner = { ...place, path: `${place.path}.${shorten(key)}` }
      return key.startsWith('$') ? parseLogical(key, value, inner) : parseField(key, value, inner)
    }),
  )
}

function parseLogical(operator: string, operand: unknown, place: Place): FilterNode {
  switch (operator) {
    case '$and':
      return { kind: 'and', nodes: parseList(operand, place) }
    case '$or':
      return { kind: 'or', nodes: parseList(operand, place) }
    case '$not':
      return { kind: 'not', node: parseClauses(operand, { ...place, depth: place.depth + 1 }) }
    default:
      throw refuse(
        place.path,
        `is no operator between filters; those are ${LOGICAL.join(', ')}. Operators on values stand inside a field, as in { year: { $gte: 2020 } }`,
      )
  }
}

function parseList(operand: unknown, { fields, path, depth }: Place): FilterNode[] {
  if (!Array.isArray(operand) || operand.length === 0) {
    throw refuse(path, `must be an array of at least one filter, got ${describeList(operand)}`)
  }
  return Array.from(operand, (filter: unknown, n) =>
    parseClauses(filter, { fields, path: `${path}[${n}]`, depth: depth + 1 }),
  )
}

function parseField(name: string, condition: unknown, { fields, path }: Place): FilterNode {
  const type = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (type === undefined) throw refuse(path, whyUndeclared(name, fields))
  const field: FieldPlace = { name, type, path }
  if (!isPlainObject(condition)) return equals(condition, field)
  const operators = Object.entries(condition)
  if (operators.length === 0) {
    throw refuse(path, `has no operator; a ${type} field takes ${OPERATORS[type].join(', ')}`)
  }
  return all(
    operators.map(([operator, operand]) =>
      parseOperator(operator, operand, { ...field, path: `${path}.${shorten(operator)}` }),
    ),
  )
}

function parseOperator(operator: string, operand: unknown, field: FieldPlace): FilterNode {
  const { name, type, path } = field
  if (!OPERATORS[type].includes(operator)) {
    throw refuse(
      path,
      `cannot be asked of a ${type} field, which takes ${OPERATORS[type].join(', ')}`,
    )
  }
  switch (operator) {
    case '$eq':
      return equals(operand, field)
    case '$ne':
      return not(equals(operand, field))
    case '$in':
      return oneOf(operand, field)
    case '$nin':
      return not(oneOf(operand, field))
    case '$exists':
      if (typeof operand !== 'boolean') {
        throw refuse(path, `must be true or false, got ${describe(operand)}`)
      }
      return operand ? exists(field) : not(exists(field))
    case '$contains':
      return { kind: 'in', field: name, values: [constant(operand, field)] }
    default:
      return {
        kind: 'compare',
        field: name,
        order: operator as Order,
        value: constant(operand, field),
      }
  }
}

function equals(operand: unknown, field: FieldPlace): FilterNode {
  if (operand === null) return not(exists(field))
  return { kind: 'in', field: field.name, values: [constant(operand, field)] }
}

function oneOf(operand: unknown, field: FieldPlace): FilterNode {
  const { name, path } = field
  if (!Array.isArray(operand)) {
    throw refuse(path, `must be an array of values, got ${describe(operand)}`)
  }
  const values: Constant[] = []
  let withAbsent = false
  for (const [n, value] of operand.entries()) {
    if (value === null) withAbsent = true
    else values.push(constant(value, { ...field, path: `${path}[${n}]` }))
  }
  const present: FilterNode = { kind: 'in', field: name, values }
  return withAbsent ? { kind: 'or', nodes: [present, not(exists(field))] } : present
}

/** The operand as the column compares it. Infinity is a fine bound, though no record can hold it. */
function constant(operand: unknown, { type, path }: FieldPlace): Constant {
  switch (type) {
    case 'keyword':
      if (typeof operand === 'string') return operand
      throw refuse(path, `must be a string, got ${describe(operand)}`)
    case 'keyword[]':
      if (typeof operand === 'string') return operand
      throw refuse(
        path,
        `must be one string that the array is to hold, got ${describe(operand)}; ask for any of several with $in`,
      )
    case 'number':
      if (typeof operand === 'number' && !Number.isNaN(operand)) return operand
      throw refuse(path, `must be a number, got ${describe(operand)}`)
    case 'boolean':
      if (typeof operand === 'boolean') return operand
      throw refuse(path, `must be true or false, got ${describe(operand)}`)
    case 'date':
      if (operand instanceof Date && !Number.isNaN(operand.getTime())) return operand.getTime()
      throw refuse(
        path,
        `must be a valid Date, such as new Date('2026-01-31'), got ${describe(operand)}`,
      )
  }
}

function exists({ name }: FieldPlace): FilterNode {
  return { kind: 'exists', field: name }
}

function not(node: FilterNode): FilterNode {
  return { kind: 'not', node }
}

function all(nodes: readonly FilterNode[]): FilterNode {
  const [only, ...others] = nodes
  return only && others.length === 0 ? only : { kind: 'and', nodes }
}

function whyUndeclared(name: string, fields: Fields): string {
  const declared = Object.keys(fields)
  const known = declared.length === 0 ? 'none' : declared.map(shorten).join(', ')
  if (isReservedName(name)) {
    return `is a reserved property and cannot be filtered on; declared fields: ${known}`
  }
  return (
    `is not a declared field: such a property is kept and returned, but cannot be filtered on. Declare it when opening the ` +
    `collection, as in { fields: { ${shorten(name)}: 'keyword' } }. Declared so far: ${known}`
  )
}

function describeList(operand: unknown): string {
  return Array.isArray(operand) ? 'an empty array' : describe(operand)
}

function refuse(path: string, problem: string): QuiverError {
  return new QuiverError('INVALID_FILTER', `${path} ${problem}.`)
}
