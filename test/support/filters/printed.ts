/** Filters that are objects, written as text. */
import type { GeoBox, GeoRadius } from '../../../src/contract/fields.ts'
import type { SampleFields, SampleRecord } from './samples.ts'

const SIGNS: Readonly<Record<string, string>> = {
  $eq: '=',
  $ne: '!=',
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
  $contains: 'contains',
}

/** There must be a field: nothing else says of a text that it matches every record. */
export function printed(filter: SampleRecord, fields: SampleFields): string {
  const clauses = Object.entries(filter).map(([key, condition]) => {
    if (key === '$not') return `NOT (${printed(condition as SampleRecord, fields)})`
    if (key === '$and' || key === '$or') {
      const inner = (condition as SampleRecord[]).map((each) => `(${printed(each, fields)})`)
      return `(${inner.join(key === '$and' ? ' AND ' : '\nor ')})`
    }
    return `(${printedCondition(nameOf(key), condition)})`
  })
  return clauses.length === 0 ? always(nameOf(Object.keys(fields)[0]!)) : clauses.join(' and ')
}

function printedCondition(name: string, condition: unknown): string {
  if (condition === null) return `${name} IS NULL`
  if (typeof condition !== 'object' || condition instanceof Date) {
    return `${name}=${valueOf(condition)}`
  }
  const operators = Object.entries(condition) as [string, unknown][]
  return operators.map(([operator, operand]) => asked(name, operator, operand)).join(' AND ')
}

function asked(name: string, operator: string, operand: unknown): string {
  switch (operator) {
    case '$exists':
      return operand === true ? `${name} EXISTS` : `${name} Not Exists`
    case '$in':
      return `(${oneOf(name, 'IN', operand as unknown[])})`
    case '$nin':
      return `NOT (${oneOf(name, 'IN', operand as unknown[])})`
    case '$geoRadius': {
      const { lat, lon, radius } = operand as GeoRadius
      return `${name} WITHIN ${radius} m OF (${lat}, ${lon})`
    }
    case '$geoBox': {
      const { north, south, east, west } = operand as GeoBox
      return `${name} within (${south},${west}) to (${north},${east})`
    }
  }
  if (operand === null) return `${name} IS ${operator === '$ne' ? 'NOT ' : ''}NULL`
  return `${name} ${SIGNS[operator]} ${valueOf(operand)}`
}

function oneOf(name: string, operator: string, values: readonly unknown[]): string {
  const present = values.filter((value) => value !== null)
  const listed =
    present.length === 0
      ? `NOT (${always(name)})`
      : `${name} ${operator} (${present.map(valueOf).join(', ')})`
  return present.length === values.length ? listed : `${listed} OR ${name} IS NULL`
}

function always(name: string): string {
  return `(${name} EXISTS OR ${name} NOT EXISTS)`
}

function nameOf(field: string): string {
  const isBare = /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(field) && field !== 'in'
  return isBare ? field : `\`${field.replaceAll('`', '``')}\``
}

function valueOf(value: unknown): string {
  if (typeof value === 'string') {
    return value.length % 2 === 0
      ? `'${value.replaceAll("'", "''")}'`
      : `"${value.replaceAll('"', '""')}"`
  }
  if (value instanceof Date) {
    return `${value.getTime() % 2 === 0 ? 'DATE ' : ''}'${value.toISOString()}'`
  }
  return String(value).replace('Infinity', '1e999')
}
