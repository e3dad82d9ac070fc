import type { Fields, FieldType, FieldValue } from '../../contract/fields.ts'
import { QuiverError } from '../../contract/errors.ts'
import { describe, isPlainObject, shorten } from '../values.ts'

const EXPECTED: Readonly<Record<FieldType, string>> = {
  keyword: 'a string',
  'keyword[]': 'an array of strings',
  number: 'a finite number',
  boolean: 'true or false',
  date: 'a valid Date',
}

/** Types that are planned; to ask for them is no mistake. */
const PLANNED = ['text', 'geo']

/** Properties that mean something to every collection. */
const RESERVED = ['id', 'vector', 'text', 'documentId', 'chunkIndex']

export function isReservedName(name: string): boolean {
  return RESERVED.includes(name)
}

export function isFieldType(type: unknown): type is FieldType {
  return typeof type === 'string' && Object.hasOwn(EXPECTED, type)
}

/** @throws QuiverError `INVALID_OPTION`, or `UNSUPPORTED` for a type that is not there yet */
export function validateFields(fields: unknown): asserts fields is Fields {
  if (!isPlainObject(fields)) {
    throw new QuiverError(
      'INVALID_OPTION',
      `fields must be an object such as { lang: 'keyword', year: 'number' }, got ${describe(fields)}.`,
    )
  }
  for (const [name, type] of Object.entries(fields)) {
    validateFieldType(name, type)
    validateFieldName(name)
  }
}

/**
 * Checks what a record holds in a declared field; absence (`null`, `undefined`) is the caller's to allow.
 * @throws QuiverError `INVALID_RECORD`
 */
export function validateFieldValue(name: string, type: FieldType, value: unknown): void {
  if (isFieldValue(type, value)) return
  const expected = `Field "${shorten(name)}" is declared as ${type} and must hold ${EXPECTED[type]}`
  throw new QuiverError('INVALID_RECORD', `${expected}, ${describeMisfit(type, value)}.`)
}

export function isFieldValue<T extends FieldType>(type: T, value: unknown): value is FieldValue<T>
export function isFieldValue(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'keyword':
      return typeof value === 'string'
    case 'keyword[]':
      return Array.isArray(value) && indexOfNonString(value) < 0
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime())
  }
}

function validateFieldType(name: string, type: unknown): void {
  if (isFieldType(type)) return
  const supported = Object.keys(EXPECTED).join(', ')
  if (typeof type === 'string' && PLANNED.includes(type)) {
    throw new QuiverError(
      'UNSUPPORTED',
      `Field "${shorten(name)}" is declared as ${type}, which is not there yet. Use one of ${supported}, or leave the field undeclared.`,
    )
  }
  throw new QuiverError(
    'INVALID_OPTION',
    `Field "${shorten(name)}" must be declared as one of ${supported}, got ${describe(type)}.`,
  )
}

function validateFieldName(name: string): void {
  if (isReservedName(name)) {
    throw new QuiverError(
      'INVALID_OPTION',
      `Field "${name}" cannot be declared: ${RESERVED.join(', ')} are reserved. Use another name.`,
    )
  }
  if (name === '' || name.startsWith('$')) {
    throw new QuiverError(
      'INVALID_OPTION',
      `Field "${shorten(name)}" cannot be declared: a name must not be empty nor begin with $, as operators do.`,
    )
  }
}

function describeMisfit(type: FieldType, value: unknown): string {
  if (type === 'keyword[]' && Array.isArray(value)) {
    const wrong = indexOfNonString(value)
    return `but value ${wrong} is ${describe(value[wrong])}`
  }
  return `got ${describe(value)}`
}

function indexOfNonString(values: readonly unknown[]): number {
  return values.findIndex((value) => typeof value !== 'string')
}
