import type { FieldType } from '../../contract/fields.ts'
import type { Bitset } from '../filter/bitset.ts'
import type { Area, Constant, Order } from '../filter/node.ts'
import { BooleanColumn } from './booleans.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import { KeywordLists } from './keyword-lists.ts'
import { KeywordColumn } from './keywords.ts'
import { NumberColumn } from './numbers.ts'
import { PlaceColumn } from './places.ts'
import { PresenceColumn } from './presence.ts'

/** The values of one field by row. */
export interface Column {
  /** Adds one row; a value that does not fit the type is absence. */
  append(value: unknown): void
  /** What the rows `[from, to)` hold, in order, as it may be appended; `undefined` is absence. */
  values(from: number, to: number): Iterable<unknown>
  /** The rows that have the field. */
  exists(): Bitset
  /** Bytes of memory held, room for growth included; dictionaries are estimated. */
  bytes(): number
  write(writer: ByteWriter): void
}

/** What a filter may ask of all values at once, beside whether they are there; no type of field answers everything. */
export interface Questions {
  /** The rows that equal, or hold, one of the values; a value of another type equals none. */
  in(values: readonly Constant[]): Bitset
  /** The rows whose value stands in this order to `value`; none to a value of another type. */
  compare(order: Order, value: Constant): Bitset
  /** The rows whose place lies in the area. */
  within(area: Area): Bitset
}

/** A column that answers these questions. */
export type ColumnThatAnswers<Q extends keyof Questions> = Column & Pick<Questions, Q>

/** A column of `rows` rows that all lack the field. */
export function createColumn(type: FieldType, rows: number): Column {
  switch (type) {
    case 'number':
    case 'date':
      return NumberColumn.absent(type, rows)
    case 'boolean':
      return BooleanColumn.absent(rows)
    case 'keyword':
      return KeywordColumn.absent(rows)
    case 'keyword[]':
      return KeywordLists.absent(rows)
    case 'geo':
      return PlaceColumn.absent(rows)
    case 'text':
      return PresenceColumn.absent(rows)
  }
}

/** @throws QuiverError `CORRUPT` */
export function readColumn(type: FieldType, rows: number, reader: ByteReader): Column {
  switch (type) {
    case 'number':
    case 'date':
      return NumberColumn.read(type, rows, reader)
    case 'boolean':
      return BooleanColumn.read(rows, reader)
    case 'keyword':
      return KeywordColumn.read(rows, reader)
    case 'keyword[]':
      return KeywordLists.read(rows, reader)
    case 'geo':
      return PlaceColumn.read(rows, reader)
    case 'text':
      return PresenceColumn.read(rows, reader)
  }
}

export function answers<Q extends keyof Questions>(
  column: Column,
  question: Q,
): column is ColumnThatAnswers<Q> {
  return question in column
}
