/** Filters as objects. */
import type { Fields } from '../../contract/fields.ts'
import { describe, isPlainObject, shorten } from '../values.ts'
import { boxFrom, radiusFrom } from './area.ts'
import {
  constant,
  exists,
  fieldAt,
  type FieldPlace,
  listOperators,
  requireOperator,
} from './field.ts'
import { type Constant, type FilterNode, joined, not } from './node.ts'
import { MAX_CLAUSES, MAX_DEPTH, refuse, refuseClauses, refuseDepth } from './refuse.ts'
import { parseText } from './text.ts'

const LOGICAL = ['$and', '$or', '$not']

/**
 * Checks a filter against the declared fields and makes it a plan. Pure. `{}` matches every record; `$and` and `$or`
 * need at least one filter, as in MongoDB, for an empty one matches all or nothing by accident.
 * @param where an object, or a text (`text.ts`)
 * @throws QuiverError `INVALID_FILTER`, naming the place, e.g. `where.year.$gte`
 */
export function parseFilter(where: unknown, fields: Fields): FilterNode {
  if (typeof where === 'string') return parseText(where, fields)
  return parseClauses(where, { fields, path: 'where', depth: 1, clauses: { count: 0 } })
}

/** Where in the filter the parser is. */
interface Place {
  readonly fields: Fields
  readonly path: string
  readonly depth: number
  /** Of the whole filter, so far. */
  readonly clauses: { count: number }
}

function parseClauses(filter: unknown, place: Place): FilterNode {
  if (place.depth > MAX_DEPTH) throw refuseDepth()
  if (!isPlainObject(filter)) {
    throw refuse(
      place.path,
      `must be an object such as { year: { $gte: 2020 } } or a text such as 'year >= 2020', got ${describe(filter)}`,
    )
  }
  return joined(
    'and',
    entriesOf(filter, place).map(([key, value]) => {
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
      return not(parseClauses(operand, { ...place, depth: place.depth + 1 }))
    default:
      throw refuse(
        place.path,
        `is no operator between filters; those are ${LOGICAL.join(', ')}. Operators on values stand inside a field, as in { year: { $gte: 2020 } }`,
      )
  }
}

function parseList(operand: unknown, place: Place): FilterNode[] {
  const { path, depth } = place
  if (!Array.isArray(operand) || operand.length === 0) {
    throw refuse(path, `must be an array of at least one filter, got ${describeList(operand)}`)
  }
  return Array.from(operand, (filter: unknown, n) =>
    parseClauses(filter, { ...place, path: `${path}[${n}]`, depth: depth + 1 }),
  )
}

function parseField(name: string, condition: unknown, place: Place): FilterNode {
  const field = fieldAt(name, place.fields, place.path)
  if (!isPlainObject(condition)) {
    if (condition === null) return not(exists(field))
    requireOperator('$eq', field)
    return equals(condition, field)
  }
  const operators = entriesOf(condition, place)
  if (operators.length === 0) {
    const taken = listOperators(field.type, String)
    throw refuse(field.path, `has no operator; a ${field.type} field takes ${taken}`)
  }
  return joined(
    'and',
    operators.map(([operator, operand]) =>
      parseOperator(operator, operand, { ...field, path: `${field.path}.${shorten(operator)}` }),
    ),
  )
}

function parseOperator(operator: string, operand: unknown, field: FieldPlace): FilterNode {
  const { name, path } = field
  requireOperator(operator, field)
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
    case '$geoRadius':
      return { kind: 'within', field: name, area: radiusFrom(operand, path) }
    case '$geoBox':
      return { kind: 'within', field: name, area: boxFrom(operand, path) }
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return { kind: 'compare', field: name, order: operator, value: constant(operand, field) }
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

/** What the object holds, each property read once: a getter may throw, and may answer otherwise the next time. */
function entriesOf(object: Record<string, unknown>, { path, clauses }: Place): [string, unknown][] {
  let entries: [string, unknown][]
  try {
    entries = Object.entries(object)
  } catch (cause) {
    throw refuse(path, 'has a property that cannot be read', cause)
  }
  clauses.count += Math.max(1, entries.length)
  if (clauses.count > MAX_CLAUSES) throw refuseClauses()
  return entries
}

function describeList(operand: unknown): string {
  return Array.isArray(operand) ? 'an empty array' : describe(operand)
}
