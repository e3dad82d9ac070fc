/**
 * Filters as text, with the meaning of those that are objects. Keywords in any case; names and strings as they are. `!=`,
 * `NOT` and all with it match records that lack the field, which is not what SQL does.
 *
 *     filter     = and, { "OR", and } ;
 *     and        = clause, { "AND", clause } ;
 *     clause     = "NOT", clause | "(", filter, ")" | name, condition ;
 *     condition  = comparison, value
 *                | "IS", [ "NOT" ], "NULL"
 *                | [ "NOT" ], "EXISTS"
 *                | [ "NOT" ], "CONTAINS", value
 *                | [ "NOT" ], "IN", "(", value, { ",", value }, ")"
 *                | [ "NOT" ], "WITHIN", number, ( "m" | "km" ), "OF", place
 *                | [ "NOT" ], "WITHIN", place, "TO", place ;          (* south-west and north-east corner *)
 *     comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" ;
 *     value      = string | number | "TRUE" | "FALSE" | "DATE", string ;
 *     place      = "(", number, ",", number, ")" ;                    (* latitude, longitude, in degrees *)
 *     name       = letter, { letter | digit | "_" | "." } | "`", any, "`" ;
 *     string     = "'", any, "'" | '"', any, '"' ;                    (* its quote doubled inside *)
 *
 * A date is ISO 8601, with a zone where it has a time; a string that is compared with a date field is one, too. A name that
 * is a keyword stands in backquotes.
 */
import type { Fields } from '../../contract/fields.ts'
import { shorten } from '../values.ts'
import { degrees, metres, requireUpright } from './area.ts'
import {
  constant,
  exists,
  fieldAt,
  type FieldPlace,
  type Operator,
  requireOperator,
} from './field.ts'
import { dateFrom } from './iso-date.ts'
import { type Area, type Constant, type FilterNode, joined, not } from './node.ts'
import { MAX_CLAUSES, MAX_DEPTH, refuse, refuseClauses, refuseDepth } from './refuse.ts'
import { placeOf, type Token, tokensOf } from './tokens.ts'

const MAX_LENGTH = 65_536

const SPELLING: Readonly<Record<Operator, string>> = {
  $eq: '=',
  $ne: '!=',
  $lt: '<',
  $lte: '<=',
  $gt: '>',
  $gte: '>=',
  $in: 'IN',
  $nin: 'NOT IN',
  $contains: 'CONTAINS',
  $exists: 'EXISTS',
  $geoRadius: 'WITHIN ... OF',
  $geoBox: 'WITHIN ... TO',
}

/** Words that are no names, unless in backquotes. */
const KEYWORDS = 'AND OR NOT IN CONTAINS EXISTS WITHIN IS NULL TRUE FALSE'.split(' ')

const METRES_IN_KILOMETRE = 1_000

/** @throws QuiverError `INVALID_FILTER`, naming the character */
export function parseText(text: string, fields: Fields): FilterNode {
  if (text.length > MAX_LENGTH) {
    throw refuse(
      'The text of a filter',
      `must have at most ${MAX_LENGTH.toLocaleString('en')} characters, got ${text.length.toLocaleString('en')}. Write it as an object`,
    )
  }
  return new TextParser(tokensOf(text), fields).parse()
}

/** By recursive descent: a method for each rule of the grammar. */
class TextParser {
  readonly #tokens: readonly Token[]
  readonly #fields: Fields
  #next = 0
  #clauses = 0

  constructor(tokens: readonly Token[], fields: Fields) {
    this.#tokens = tokens
    this.#fields = fields
  }

  parse(): FilterNode {
    const filter = this.#filter(1)
    if (this.#token.kind !== 'end') throw this.#expected('AND, OR or the end')
    return filter
  }

  #filter(depth: number): FilterNode {
    const nodes = [this.#and(depth)]
    while (this.#take('OR')) nodes.push(this.#and(depth))
    return joined('or', nodes)
  }

  #and(depth: number): FilterNode {
    const nodes = [this.#clause(depth)]
    while (this.#take('AND')) nodes.push(this.#clause(depth))
    return joined('and', nodes)
  }

  #clause(depth: number): FilterNode {
    if (depth > MAX_DEPTH) throw refuseDepth()
    if (++this.#clauses > MAX_CLAUSES) throw refuseClauses()
    if (this.#take('NOT')) return not(this.#clause(depth + 1))
    if (!this.#take('(')) return this.#condition(this.#field())
    const filter = this.#filter(depth + 1)
    this.#require(')')
    return filter
  }

  #condition(field: FieldPlace): FilterNode {
    const comparison = this.#comparison(field)
    if (comparison) return comparison
    if (this.#take('IS')) {
      const present = this.#take('NOT')
      this.#require('NULL')
      return present ? exists(field) : not(exists(field))
    }
    const negated = this.#take('NOT')
    const node = this.#existence(field) ?? this.#membership(field) ?? this.#nearness(field)
    if (!node) throw this.#expected(negated ? 'IN, CONTAINS, EXISTS or WITHIN' : 'an operator')
    return negated ? not(node) : node
  }

  #comparison(field: FieldPlace): FilterNode | undefined {
    if (this.#takeOperator('$eq', field)) return this.#equals(field)
    if (this.#takeOperator('$ne', field)) return not(this.#equals(field))
    for (const order of ['$lt', '$lte', '$gt', '$gte'] as const) {
      if (this.#takeOperator(order, field)) {
        return { kind: 'compare', field: field.name, order, value: this.#value(field) }
      }
    }
    return undefined
  }

  #equals(field: FieldPlace): FilterNode {
    return { kind: 'in', field: field.name, values: [this.#value(field)] }
  }

  #existence(field: FieldPlace): FilterNode | undefined {
    return this.#takeOperator('$exists', field) ? exists(field) : undefined
  }

  #membership(field: FieldPlace): FilterNode | undefined {
    if (this.#takeOperator('$contains', field)) return this.#equals(field)
    if (!this.#takeOperator('$in', field)) return undefined
    this.#require('(')
    const values = [this.#value(field)]
    while (this.#take(',')) values.push(this.#value(field))
    this.#require(')')
    return { kind: 'in', field: field.name, values }
  }

  #nearness(field: FieldPlace): FilterNode | undefined {
    const token = this.#token
    if (!this.#take('WITHIN')) return undefined
    const path = `${placeOf(token)} WITHIN`
    requireOperator('$geoRadius', { ...field, path }, spell)
    const area = this.#token.text === '(' ? this.#box(path) : this.#circle()
    return { kind: 'within', field: field.name, area }
  }

  #circle(): Area {
    const path = `${placeOf(this.#token)} the distance`
    const distance = this.#number('a distance or a place')
    const scale = this.#take('km') ? METRES_IN_KILOMETRE : 1
    if (scale === 1) this.#require('m', 'm or km')
    this.#require('OF')
    return { ...this.#place(), radius: metres(distance * scale, path) }
  }

  #box(path: string): Area {
    const { lat: south, lon: west } = this.#place()
    this.#require('TO')
    const { lat: north, lon: east } = this.#place()
    requireUpright({ north, south }, path)
    return { north, south, east, west }
  }

  #place(): { lat: number; lon: number } {
    this.#require('(')
    const lat = this.#degrees(90, 'latitude')
    this.#require(',')
    const lon = this.#degrees(180, 'longitude')
    this.#require(')')
    return { lat, lon }
  }

  #degrees(limit: 90 | 180, what: string): number {
    const path = `${placeOf(this.#token)} the ${what}`
    return degrees(this.#number(`a ${what}`), limit, path)
  }

  #number(what: string): number {
    const { kind, text } = this.#token
    if (kind !== 'number') throw this.#expected(what)
    this.#next++
    return Number(text)
  }

  #value(field: FieldPlace): Constant {
    const path = `${placeOf(this.#token)} the value`
    const operand = this.#operand(path)
    const isDate = field.type === 'date' && typeof operand === 'string'
    return constant(isDate ? dateFrom(operand, path) : operand, { ...field, path })
  }

  #operand(path: string): string | number | boolean | Date {
    if (this.#take('TRUE')) return true
    if (this.#take('FALSE')) return false
    if (this.#take('DATE')) return dateFrom(this.#string(), path)
    if (this.#token.kind === 'number') return this.#number('a number')
    if (this.#take('NULL')) throw refuse(path, 'must not be NULL; ask IS NULL or IS NOT NULL')
    return this.#string()
  }

  #string(): string {
    const { kind, text } = this.#token
    if (kind !== 'string') throw this.#expected('a value (strings in quotes)')
    this.#next++
    return text
  }

  #field(): FieldPlace {
    const token = this.#token
    const isKeyword = token.kind === 'word' && KEYWORDS.includes(token.text.toUpperCase())
    if (isKeyword || (token.kind !== 'word' && token.kind !== 'name')) {
      throw this.#expected('a field (in backquotes where its name is a keyword)')
    }
    this.#next++
    return fieldAt(token.text, this.#fields, `${placeOf(token)} ${shorten(token.text)}`)
  }

  /** Takes the operator where it is the next token. @throws QuiverError where the field cannot be asked it */
  #takeOperator(operator: Operator, field: FieldPlace): boolean {
    const path = `${placeOf(this.#token)} ${SPELLING[operator]}`
    if (!this.#take(SPELLING[operator])) return false
    requireOperator(operator, { ...field, path }, spell)
    return true
  }

  /** Takes the keyword or sign where it is the next token. */
  #take(wanted: string): boolean {
    const { kind, text } = this.#token
    const isIt = (kind === 'word' || kind === 'sign') && text.toUpperCase() === wanted.toUpperCase()
    if (isIt) this.#next++
    return isIt
  }

  #require(wanted: string, what = wanted): void {
    if (!this.#take(wanted)) throw this.#expected(what)
  }

  #expected(what: string): Error {
    const { kind, text } = this.#token
    const got = kind === 'end' ? 'the end' : shorten(text)
    return refuse(placeOf(this.#token), `${what} is expected, got ${got}`)
  }

  /** The next token; the last one, the end, is never taken. */
  get #token(): Token {
    return this.#tokens[this.#next]!
  }
}

function spell(operator: Operator): string {
  return SPELLING[operator]
}
