import type { FieldType } from '../../contract/fields.ts'
import type { Bitset } from '../filter/bitset.ts'
import type { Constant, Order } from '../filter/node.ts'
import { BooleanColumn } from './booleans.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import { KeywordLists } from './keyword-lists.ts'
import { KeywordColumn } from './keywords.ts'
import { NumberColumn } from './numbers.ts'

/** The values of one field by row, and the questions a filter asks of all of them at once. */
export interface Column {
  /** Adds one row; a value that does not fit the type is absence. */
  append(value: unknown): void
  /** What the rows `[from, to)` hold, in order, as it may be appended; `undefined` is absence. */
  values(from: number, to: number): Iterable<unknown>
  /** The rows that have the field. */
  exists(): Bitset
  /** The rows that equal, or hold, one of the values; a value of another type equals none. */
  in(values: readonly Constant[]): Bitset
  /** Bytes of memory held, room for growth included; dictionaries are estimated. */
  bytes(): number
  write(writer: ByteWriter): void
}

/** A column whose values have an order. */
export interface OrderedColumn extends Column {
  /** The rows whose value stands in this order to `value`; none to a value of another type. */
  compare(order: Order, value: Constant): Bitset
}

/** A column of `rows` rows that all lack the field. */
export function createColumn(type: FieldType, rows: number): Column | OrderedColumn {
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
  }
}

export function isOrdered(column: Column): column is OrderedColumn {
  return 'compare' in column
}
