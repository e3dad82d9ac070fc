/** What may be asked of a field, and with what, however the filter is written. */
import type { FieldDeclaration, FieldOperators, Fields, FieldType } from '../../contract/fields.ts'
import { isReservedName, typeOf } from '../columns/index.ts'
import { describe, shorten } from '../values.ts'
import type { Constant, FilterNode } from './node.ts'
import { refuse } from './refuse.ts'

type OperatorsOf<D> = D extends FieldDeclaration ? keyof FieldOperators<D> : never
export type Operator = OperatorsOf<FieldType>

const EQUALITY = ['$eq', '$ne', '$in', '$nin', '$exists'] as const
const ORDER = ['$gt', '$gte', '$lt', '$lte'] as const

const OPERATORS: { readonly [T in FieldType]: readonly (keyof FieldOperators<T>)[] } = {
  keyword: [...EQUALITY, ...ORDER],
  'keyword[]': [...EQUALITY, '$contains'],
  number: [...EQUALITY, ...ORDER],
  boolean: EQUALITY,
  date: [...EQUALITY, ...ORDER],
  geo: ['$geoRadius', '$geoBox', '$exists'],
  text: ['$exists'],
}

/** One field of the filter. */
export interface FieldPlace {
  readonly name: string
  readonly type: FieldType
  /** Where in the filter it is asked something; begins the messages of errors. */
  readonly path: string
}

/** @throws QuiverError `INVALID_FILTER` where no such field is declared */
export function fieldAt(name: string, fields: Fields, path: string): FieldPlace {
  const declaration = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (declaration === undefined) throw refuse(path, whyUndeclared(name, fields))
  return { name, type: typeOf(declaration), path }
}

/** The operators that a field of the type takes, as a message lists them; `spell` where the filter spells them otherwise. */
export function listOperators(type: FieldType, spell: (operator: Operator) => string): string {
  const operators: readonly Operator[] = OPERATORS[type]
  return operators.map(spell).join(', ')
}

/** @throws QuiverError `INVALID_FILTER` where fields of that type do not take the operator */
export function requireOperator(
  operator: string,
  { type, path }: FieldPlace,
  spell: (operator: Operator) => string = String,
): asserts operator is Operator {
  const operators: readonly string[] = OPERATORS[type]
  if (operators.includes(operator)) return
  const instead = type === 'text' ? '; what its words say is asked for by searching' : ''
  throw refuse(
    path,
    `cannot be asked of a ${type} field, which takes ${listOperators(type, spell)}${instead}`,
  )
}

/** The operand as the column compares it. Infinity is a fine bound, though no record can hold it. */
export function constant(operand: unknown, { type, path }: FieldPlace): Constant {
  switch (type) {
    case 'keyword':
      if (typeof operand === 'string') return operand
      throw refuse(path, `must be a string, got ${describe(operand)}`)
    case 'keyword[]':
      if (typeof operand === 'string') return operand
      throw refuse(
        path,
        `must be one string that the array is to hold, got ${describe(operand)}` +
          (Array.isArray(operand) ? '; ask for any of several with $in' : ''),
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
    case 'geo':
    case 'text':
      throw refuse(path, `compares a ${type} field, which equals nothing`)
  }
}

export function exists({ name }: FieldPlace): FilterNode {
  return { kind: 'exists', field: name }
}

function whyUndeclared(name: string, fields: Fields): string {
  const declared = Object.keys(fields)
  const known = declared.length === 0 ? 'none' : declared.map(shorten).join(', ')
  if (name === 'text') {
    return `is no declared field; declare it with { fields: { text: 'text' } } to ask whether it is there. Declared so far: ${known}`
  }
  if (isReservedName(name)) {
    return `is a reserved property and cannot be filtered on; declared fields: ${known}`
  }
  return (
    `is not a declared field: such a property is kept and returned, but cannot be filtered on. Declare it when opening the ` +
    `collection, as in { fields: { ${shorten(name)}: 'keyword' } }. Declared so far: ${known}`
  )
}
