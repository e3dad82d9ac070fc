/**
 * The columns as bytes, version 1. Integers are u32, all numbers little-endian, nothing is aligned; `json` is a length in bytes (u32) and
 * JSON in UTF-8; `bits` is one bit for each row, lowest first, ceil(rows / 8) bytes, the spare ones 0.
 *
 *     magic     'QCOL'
 *     version   1
 *     rows
 *     fields    json, [[name, type], ...]
 *     then for each field, in that order:
 *       number, date   f64 × rows; a date is milliseconds since 1970; NaN is absence
 *       boolean        bits: true; bits: false; neither is absence
 *       keyword        json, the distinct keywords, codes 1, 2, ...; u32 × rows: codes, 0 is absence
 *       keyword[]      bits: has an array; json, the distinct keywords; n; u32 × n: rows, ascending; u32 × n: codes
 *       geo            f64 × rows: latitudes; f64 × rows: longitudes; in degrees, NaN in both is absence
 *       text           bits: has a text
 *
 * There is no checksum: storage keeps one for every chunk.
 */
import type { Fields, FieldType } from '../../contract/fields.ts'
import { QuiverError } from '../../contract/errors.ts'
import { ByteReader, ByteWriter, corrupt } from './codec.ts'
import {
  answers,
  type Column,
  type ColumnThatAnswers,
  createColumn,
  type Questions,
  readColumn,
} from './column.ts'
import { typeOf } from './fields.ts'

/** 'QCOL', read as a little-endian u32. */
const MAGIC = 0x4c4f4351
const VERSION = 1

interface DeclaredColumn {
  readonly type: FieldType
  readonly column: Column
}

/** One typed column for each declared field, indexed by row. Rows are added and never changed. */
export class Columns {
  readonly #columns = new Map<string, DeclaredColumn>()
  #rows: number

  /** Columns of `rows` rows that have none of the fields. */
  constructor(fields: Fields, rows = 0) {
    this.#rows = rows
    for (const [name, declaration] of Object.entries(fields)) {
      const type = typeOf(declaration)
      this.#columns.set(name, { type, column: createColumn(type, rows) })
    }
  }

  get rows(): number {
    return this.#rows
  }

  /**
   * Adds one row for each record. A field that is missing, `null` or of another type than declared (it may have been written
   * before the field was declared) is absent.
   */
  append(records: readonly Readonly<Record<string, unknown>>[]): void {
    for (const [name, { column }] of this.#columns) {
      for (const record of records) {
        column.append(Object.hasOwn(record, name) ? record[name] : undefined)
      }
    }
    this.#rows += records.length
  }

  /** The rows `[from, to)` as columns of their own. */
  slice(from: number, to: number): Columns {
    const part = new Columns({})
    part.#rows = to - from
    for (const [name, { type, column }] of this.#columns) {
      const cut = createColumn(type, 0)
      for (const value of column.values(from, to)) cut.append(value)
      part.#columns.set(name, { type, column: cut })
    }
    return part
  }

  /** Adds the rows of other columns, in which a field that they do not have is absent. */
  appendColumns(others: Columns): void {
    for (const [name, { column }] of this.#columns) {
      const values = others.#columns.get(name)?.column.values(0, others.rows)
      if (values) for (const value of values) column.append(value)
      else for (let row = 0; row < others.rows; row++) column.append(undefined)
    }
    this.#rows += others.rows
  }

  has(field: string): boolean {
    return this.#columns.has(field)
  }

  /**
   * The column of a field that is known to be declared, with a type that answers the question where there is one.
   * @throws QuiverError `CORRUPT` where it could not be filled yet
   */
  column(field: string): Column
  column<Q extends keyof Questions>(field: string, question: Q): ColumnThatAnswers<Q>
  column(field: string, question?: keyof Questions): Column {
    const column = this.#columns.get(field)?.column
    if (!column) {
      throw new QuiverError(
        'CORRUPT',
        `Field "${field}" is declared, but could not be filled from the records; \`db.status.damage\` says why. Open the database again to have it tried again.`,
      )
    }
    if (question === undefined || answers(column, question)) return column
    throw new RangeError(`Column "${field}" cannot be asked "${question}".`)
  }

  /** Bytes of memory held. */
  bytes(): number {
    let bytes = 0
    for (const { column } of this.#columns.values()) bytes += column.bytes()
    return bytes
  }

  encode(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter()
    writer.uint32(MAGIC)
    writer.uint32(VERSION)
    writer.uint32(this.#rows)
    writer.json([...this.#columns].map(([name, { type }]) => [name, type]))
    for (const { column } of this.#columns.values()) column.write(writer)
    return writer.finish()
  }

  /**
   * Reads back what `encode` gave, for the same fields in any order, or for these and others declared later. Trusts nothing
   * in it, and allocates no more than a small multiple of its length.
   * @throws QuiverError `CORRUPT` or `NEWER_FORMAT`
   */
  static decode(fields: Fields, bytes: Uint8Array): Columns {
    const reader = new ByteReader(bytes)
    if (reader.uint32() !== MAGIC) throw corrupt('they do not begin as columns do')
    requireVersion(reader.uint32())
    const columns = new Columns({}, reader.uint32())
    for (const [name, type] of readDeclarations(reader, fields)) {
      columns.#columns.set(name, { type, column: readColumn(type, columns.#rows, reader) })
    }
    reader.finish()
    return columns
  }
}

function requireVersion(version: number): void {
  if (version === VERSION) return
  if (version < VERSION) throw corrupt(`there is no version ${version}`)
  throw new QuiverError(
    'NEWER_FORMAT',
    `The stored columns have format version ${version}; this build of Quiver reads ${VERSION}. Update Quiver to open them.`,
  )
}

/** The stored names and types, all among `fields`. */
function readDeclarations(reader: ByteReader, fields: Fields): Map<string, FieldType> {
  const stored = reader.json()
  const declared = new Map(Object.entries(fields))
  const known = new Map<string, FieldType>()
  for (const entry of Array.isArray(stored) ? (stored as unknown[]) : []) {
    const [name, type] = Array.isArray(entry) ? (entry as unknown[]) : []
    const declaration = typeof name === 'string' ? declared.get(name) : undefined
    const declaredType = declaration && typeOf(declaration)
    if (typeof name !== 'string' || declaredType === undefined || declaredType !== type) {
      throw corrupt('they hold another field than the collection declares')
    }
    known.set(name, declaredType)
  }
  return known
}
