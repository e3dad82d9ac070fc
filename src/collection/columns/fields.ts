import type {
  FieldDeclaration,
  Fields,
  FieldType,
  FieldValue,
  GeoPoint,
  LanguageName,
  TextField,
} from '../../contract/fields.ts'
import { QuiverError } from '../../contract/errors.ts'
import { describe, isPlainObject, shorten } from '../values.ts'

const EXPECTED: Readonly<Record<FieldType, string>> = {
  keyword: 'a string',
  'keyword[]': 'an array of strings',
  number: 'a finite number',
  boolean: 'true or false',
  date: 'a valid Date',
  geo: '{ lat, lon } in degrees, lat from -90 to 90 and lon from -180 to 180',
  text: 'a string',
}

/** All of them, by name, as the compiler sees to. */
const LANGUAGES: Readonly<Record<LanguageName, true>> = {
  danish: true,
  dutch: true,
  english: true,
  finnish: true,
  french: true,
  german: true,
  hungarian: true,
  italian: true,
  norwegian: true,
  portuguese: true,
  romanian: true,
  russian: true,
  spanish: true,
  swedish: true,
  turkish: true,
}

const TEXT_OPTIONS = ['type', 'language', 'boost']
const MAX_BOOST = 1_000

/** Properties that mean something to every collection. */
const RESERVED = ['id', 'vector', 'text', 'documentId', 'chunkIndex']

export function isReservedName(name: string): boolean {
  return RESERVED.includes(name)
}

export function typeOf(declaration: FieldDeclaration): FieldType {
  return typeof declaration === 'string' ? declaration : declaration.type
}

/** A declaration that passed, as it is stored: of a text field with all its options. */
export function withDefaults(declaration: FieldDeclaration): FieldDeclaration {
  if (typeOf(declaration) !== 'text') return declaration
  const { language = 'english', boost = 1 } = typeof declaration === 'string' ? {} : declaration
  return { type: 'text', language, boost }
}

/** @throws QuiverError `INVALID_OPTION` */
export function validateFields(fields: unknown): asserts fields is Fields {
  if (!isPlainObject(fields)) {
    throw invalid(
      `fields must be an object such as { lang: 'keyword', year: 'number' }, got ${describe(fields)}`,
    )
  }
  for (const [name, declaration] of Object.entries(fields)) {
    validateDeclaration(name, declaration)
    validateFieldName(name, declaration)
  }
}

/**
 * Checks what a record holds in a declared field; absence (`null`, `undefined`) is the caller's to allow.
 * @throws QuiverError `INVALID_RECORD`
 */
export function validateFieldValue(
  name: string,
  declaration: FieldDeclaration,
  value: unknown,
): void {
  const type = typeOf(declaration)
  if (isFieldValue(type, value)) return
  const expected = `Field "${shorten(name)}" is declared as ${type} and must hold ${EXPECTED[type]}`
  throw new QuiverError('INVALID_RECORD', `${expected}, ${describeMisfit(type, value)}.`)
}

export function isFieldValue<T extends FieldType>(type: T, value: unknown): value is FieldValue<T>
export function isFieldValue(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'keyword':
    case 'text':
      return typeof value === 'string'
    case 'keyword[]':
      return Array.isArray(value) && indexOfNonString(value) < 0
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime())
    case 'geo':
      return isPlace(value)
  }
}

/** A coordinate of a place: a number from `-limit` to `limit`. */
export function isDegrees(value: unknown, limit: 90 | 180): value is number {
  return typeof value === 'number' && Math.abs(value) <= limit
}

function isPlace(value: unknown): value is GeoPoint {
  if (!isPlainObject(value) || Object.keys(value).length !== 2) return false
  if (!Object.hasOwn(value, 'lat') || !Object.hasOwn(value, 'lon')) return false
  return isDegrees(value['lat'], 90) && isDegrees(value['lon'], 180)
}

function validateDeclaration(name: string, declaration: unknown): void {
  const isText = isPlainObject(declaration) && declaration['type'] === 'text'
  if (isText) validateTextField(name, declaration)
  else if (typeof declaration !== 'string' || !Object.hasOwn(EXPECTED, declaration)) {
    throw invalid(
      `Field "${shorten(name)}" must be declared as one of ${Object.keys(EXPECTED).join(', ')}, ` +
        `or as { type: 'text', ... } where words have options, got ${describe(declaration)}`,
    )
  }
}

function validateTextField(
  name: string,
  declaration: Partial<Record<keyof TextField, unknown>>,
): void {
  const field = `Field "${shorten(name)}"`
  const { language = 'english', boost = 1 } = declaration
  const unknown = Object.keys(declaration).find((key) => !TEXT_OPTIONS.includes(key))
  if (unknown !== undefined) {
    throw invalid(
      `${field} has an option "${shorten(unknown)}"; a text field takes language and boost`,
    )
  }
  if (typeof language !== 'string' || !Object.hasOwn(LANGUAGES, language)) {
    const known = Object.keys(LANGUAGES).join(', ')
    throw invalid(`The language of ${field} must be one of ${known}, got ${describe(language)}`)
  }
  if (typeof boost !== 'number' || !(boost > 0 && boost <= MAX_BOOST)) {
    const range = `a number above 0 and at most ${MAX_BOOST}`
    throw invalid(`The boost of ${field} must be ${range}, got ${describe(boost)}`)
  }
}

function validateFieldName(name: string, declaration: unknown): void {
  const isText = declaration === 'text' || isPlainObject(declaration)
  if (isReservedName(name) && !(name === 'text' && isText)) {
    const names = RESERVED.join(', ')
    throw invalid(
      `Field "${name}" cannot be declared: ${names} are reserved, and only text may be, as 'text'. Use another name`,
    )
  }
  if (name === '' || name.startsWith('$')) {
    throw invalid(
      `Field "${shorten(name)}" cannot be declared: a name must not be empty nor begin with $, as operators do`,
    )
  }
}

function describeMisfit(type: FieldType, value: unknown): string {
  if (type === 'keyword[]' && Array.isArray(value)) {
    const wrong = indexOfNonString(value)
    return `but value ${wrong} is ${describe(value[wrong])}`
  }
  if (type === 'geo' && isPlainObject(value)) {
    const shown = Object.entries(value).slice(0, 3)
    return `got { ${shown.map(([key, each]) => `${shorten(key)}: ${describe(each)}`).join(', ')} }`
  }
  return `got ${describe(value)}`
}

function indexOfNonString(values: readonly unknown[]): number {
  return values.findIndex((value) => typeof value !== 'string')
}

function invalid(problem: string): QuiverError {
  return new QuiverError('INVALID_OPTION', `${problem}.`)
}
