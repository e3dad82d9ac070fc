import type { GeoBox, GeoPoint, GeoRadius } from '../../../src/contract/fields.ts'
import type { SampleRecord } from './samples.ts'

/** The slow twin: what a filter means, asked of one record at a time. */
export function matches(record: SampleRecord, filter: SampleRecord): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    if (key === '$and') return (condition as SampleRecord[]).every((each) => matches(record, each))
    if (key === '$or') return (condition as SampleRecord[]).some((each) => matches(record, each))
    if (key === '$not') return !matches(record, condition as SampleRecord)
    const value = Object.hasOwn(record, key) ? (record[key] ?? null) : null
    const isOperators =
      typeof condition === 'object' && condition !== null && !(condition instanceof Date)
    const operators = isOperators ? condition : { $eq: condition }
    return Object.entries(operators).every(([operator, operand]) => holds(value, operator, operand))
  })
}

function holds(value: unknown, operator: string, operand: unknown): boolean {
  switch (operator) {
    case '$eq':
    case '$contains':
      return equal(value, operand)
    case '$ne':
      return !equal(value, operand)
    case '$in':
      return (operand as unknown[]).some((each) => equal(value, each))
    case '$nin':
      return !(operand as unknown[]).some((each) => equal(value, each))
    case '$exists':
      return (value !== null) === operand
  }
  if (value === null) return false
  if (operator === '$geoRadius') return isNear(value as GeoPoint, operand as GeoRadius)
  if (operator === '$geoBox') return isInBox(value as GeoPoint, operand as GeoBox)
  const [left, right] = [value, operand] as [number, number]
  if (operator === '$gt') return left > right
  if (operator === '$gte') return left >= right
  if (operator === '$lt') return left < right
  if (operator === '$lte') return left <= right
  throw new Error(`The twin does not know ${operator}.`)
}

function equal(value: unknown, operand: unknown): boolean {
  if (Array.isArray(value)) return value.includes(operand)
  if (value instanceof Date) return operand instanceof Date && Number(value) === Number(operand)
  return value === operand
}

/** No two samples are within a millimetre of a radius. */
function isNear(one: GeoPoint, other: GeoRadius): boolean {
  return distance(one, other) <= other.radius + 1e-3
}

/** Metres, by the haversine formula, where the columns compare chords. */
export function distance(one: GeoPoint, other: GeoPoint): number {
  const [phi, theta] = [radians(one.lat), radians(other.lat)]
  const across = Math.cos(phi) * Math.cos(theta) * haversine(radians(one.lon - other.lon))
  const root = Math.sqrt(Math.min(1, haversine(phi - theta) + across))
  return 2 * 6_371_008.8 * Math.asin(root)
}

function haversine(angle: number): number {
  return Math.sin(angle / 2) ** 2
}

function radians(angle: number): number {
  return (angle / 180) * Math.PI
}

/** By how far east of its western edge the box goes on, and the place lies. */
function isInBox({ lat, lon }: GeoPoint, { north, south, east, west }: GeoBox): boolean {
  const isAllAround = east - west === 360
  return lat >= south && lat <= north && (isAllAround || eastOf(west, lon) <= eastOf(west, east))
}

function eastOf(west: number, lon: number): number {
  return (lon - west + 720) % 360
}
