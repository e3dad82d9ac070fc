/** What values are, for checks and for the messages that follow from them. */

const SHOWN_CHARACTERS = 40

/** A value as an error message shows it: short, and never throwing. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${shorten(value)}'`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      return describeObject(value)
    case 'bigint':
    case 'symbol':
    case 'function':
      return `a ${typeof value}`
  }
}

/** A text that may be megabytes long, as a message can carry it. */
export function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}

/**
 * An object literal, from this realm or another one. Arrays, Dates, instances of classes and objects that inherit
 * anything beside the methods of `Object` are not: what they inherit would be passed over in silence.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

function describeObject(value: object | null): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  return 'an object'
}
