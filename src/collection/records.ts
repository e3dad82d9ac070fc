import type { Metric } from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import { QuiverError } from '../contract/errors.ts'
import { validateFieldValue } from './columns/index.ts'
import { describe, isPlainObject } from './values.ts'

const MAX_ID_BYTES = 512
const MAX_NESTING = 64
/** A surrogate on its own, which UTF-8 cannot hold. */
const HALF_A_PAIR = /\p{Surrogate}/u
const utf8 = new TextEncoder()

/** The properties of a record beside `id` and `vector`. */
export type Properties = Readonly<Record<string, unknown>>

/** A record that passed: what is embedded, what is compared, what is kept. */
export interface ValidRecord {
  readonly id: string
  readonly vector: Float32Array | undefined
  readonly text: string | undefined
  readonly properties: Properties
}

/** @throws QuiverError `INVALID_ID` */
export function validateId(id: unknown): string {
  if (typeof id !== 'string') {
    throw new QuiverError('INVALID_ID', `An id must be a string, got ${describe(id)}.`)
  }
  // Most ids are short: three bytes a code unit is the most UTF-8 takes.
  const fits = id.length * 3 <= MAX_ID_BYTES || utf8.encode(id).length <= MAX_ID_BYTES
  if (id === '' || !fits || HALF_A_PAIR.test(id)) {
    throw new QuiverError(
      'INVALID_ID',
      `An id must be 1 to ${String(MAX_ID_BYTES)} bytes of well-formed Unicode, got ${describe(id)}.`,
    )
  }
  return id
}

/** @throws QuiverError `INVALID_ID`, `INVALID_RECORD`, `INVALID_VECTOR` */
export function validateRecord(record: unknown, fields: Fields, metric: Metric): ValidRecord {
  if (!isPlainObject(record)) {
    throw new QuiverError(
      'INVALID_RECORD',
      `A record must be an object such as { id: 'a', text: 'the cat sat' }, got ${describe(record)}.`,
    )
  }
  const { id: givenId, vector: givenVector, ...properties } = record
  const id = validateId(givenId)
  const vector =
    givenVector === undefined || givenVector === null
      ? undefined
      : validateVector(givenVector, metric, `the vector of record ${describe(id)}`)
  const text = validateProperties(properties, fields, id)
  if (vector === undefined && (text === undefined || text.trim() === '')) {
    throw new QuiverError(
      'INVALID_RECORD',
      `Record ${describe(id)} has neither a vector nor a text with words in it; it could never be found. Give one of them.`,
    )
  }
  return { id, vector, text, properties }
}

/** Checks the text and the declared fields; answers the text. @throws QuiverError `INVALID_RECORD` */
export function validateProperties(
  properties: Properties,
  fields: Fields,
  id: string,
): string | undefined {
  const text = Object.hasOwn(properties, 'text') ? properties['text'] : undefined
  if (text !== undefined && text !== null && typeof text !== 'string') {
    throw new QuiverError(
      'INVALID_RECORD',
      `The text of record ${describe(id)} must be a string, got ${describe(text)}.`,
    )
  }
  for (const [field, declaration] of Object.entries(fields)) {
    const value = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (value !== undefined && value !== null) validateFieldValue(field, declaration, value)
  }
  return text ?? undefined
}

/**
 * A copy of the vector as f32, checked: finite, and with a direction where the metric is cosine.
 * @throws QuiverError `INVALID_VECTOR`
 */
export function validateVector(value: unknown, metric: Metric, what: string): Float32Array {
  if (!(value instanceof Float32Array) && !Array.isArray(value)) {
    throw new QuiverError(
      'INVALID_VECTOR',
      `${capitalised(what)} must be a Float32Array or an array of numbers, got ${describe(value)}.`,
    )
  }
  if (value.length === 0) {
    throw new QuiverError('INVALID_VECTOR', `${capitalised(what)} is empty.`)
  }
  if (Array.isArray(value)) {
    const wrong = value.findIndex((each) => typeof each !== 'number')
    if (wrong >= 0) {
      throw new QuiverError(
        'INVALID_VECTOR',
        `${capitalised(what)} must hold numbers, but value ${String(wrong)} is ${describe(value[wrong])}.`,
      )
    }
  }
  const vector = Float32Array.from(value as ArrayLike<number>)
  checkVector(vector, metric, what)
  return vector
}

/** @throws QuiverError `INVALID_VECTOR` */
export function checkVector(vector: Float32Array, metric: Metric, what: string): void {
  let energy = 0
  for (const value of vector) energy += value * value
  if (!Number.isFinite(energy)) {
    const wrong = vector.findIndex((value) => !Number.isFinite(value))
    throw new QuiverError(
      'INVALID_VECTOR',
      `${capitalised(what)} must be finite in f32, but value ${String(wrong)} is ${String(vector[wrong])}.`,
    )
  }
  if (metric === 'cosine' && energy === 0) {
    throw new QuiverError(
      'INVALID_VECTOR',
      `${capitalised(what)} is all zeros and has no direction, which cosine compares. Leave it out, or use metric 'l2' or 'dot'.`,
    )
  }
}

// ------------------------------------------------------------------------------------------ documents

/**
 * The properties as JSON text. Dates become `{"$date": "2026-01-31T..."}`; a key of that shape in the data gets one more `$`.
 * @throws QuiverError `INVALID_RECORD` for what JSON cannot hold
 */
export function encodeDocument(properties: Properties, id: string): string {
  return JSON.stringify(encodeValue(properties, id, 0))
}

/** Never builds on a prototype: `__proto__` is a key like any other. @throws QuiverError `CORRUPT` */
export function decodeDocument(document: string): Record<string, unknown> {
  const revive = document.includes('$date')
    ? (_key: string, value: unknown): unknown => decodeDate(value)
    : undefined
  let decoded: unknown
  try {
    decoded = JSON.parse(document, revive)
  } catch (cause) {
    throw new QuiverError('CORRUPT', 'A stored record is not the JSON it was.', { cause })
  }
  if (isPlainObject(decoded)) return decoded
  throw new QuiverError('CORRUPT', 'A stored record is no object.')
}

const ESCAPED_DATE = /^\$+date$/

function encodeValue(value: unknown, id: string, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { $date: value.toISOString() }
  if (depth >= MAX_NESTING) {
    throw new QuiverError(
      'INVALID_RECORD',
      `Record ${describe(id)} is nested deeper than ${String(MAX_NESTING)} levels, or refers to itself.`,
    )
  }
  if (Array.isArray(value)) return value.map((each) => encodeValue(each, id, depth + 1))
  if (isPlainObject(value)) {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]): [string, unknown] => [
        ESCAPED_DATE.test(key) ? `$${key}` : key,
        encodeValue(each, id, depth + 1),
      ])
    return Object.fromEntries(entries)
  }
  throw new QuiverError(
    'INVALID_RECORD',
    `Record ${describe(id)} holds ${describe(value)}, which cannot be kept. Use strings, finite numbers, booleans, null, Dates, arrays and plain objects.`,
  )
}

function decodeDate(value: unknown): unknown {
  if (!isPlainObject(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1 && typeof value['$date'] === 'string') return new Date(value['$date'])
  if (!keys.some((key) => ESCAPED_DATE.test(key))) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [ESCAPED_DATE.test(key) ? key.slice(1) : key, each]),
  )
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
