import { Bitset } from '../filter/bitset.ts'
import type { Constant } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { ColumnThatAnswers } from './column.ts'
import { corrupt } from './codec.ts'

/** Booleans as two sets of rows: those that are true, those that are false; a row in neither lacks the field. */
export class BooleanColumn implements ColumnThatAnswers<'in'> {
  readonly #trues: Bitset
  readonly #falses: Bitset

  private constructor(trues: Bitset, falses: Bitset) {
    this.#trues = trues
    this.#falses = falses
  }

  static absent(rows: number): BooleanColumn {
    return new BooleanColumn(new Bitset(rows), new Bitset(rows))
  }

  static read(rows: number, reader: ByteReader): BooleanColumn {
    const trues = reader.bits(rows)
    const falses = reader.bits(rows)
    if (trues.and(falses).count() > 0) throw corrupt('a boolean is both true and false')
    return new BooleanColumn(trues, falses)
  }

  append(value: unknown): void {
    const row = this.#trues.size
    this.#trues.grow(row + 1)
    this.#falses.grow(row + 1)
    if (value === true) this.#trues.add(row)
    if (value === false) this.#falses.add(row)
  }

  *values(from: number, to: number): Iterable<unknown> {
    for (let row = from; row < to; row++) {
      yield this.#trues.has(row) ? true : this.#falses.has(row) ? false : undefined
    }
  }

  exists(): Bitset {
    return this.#trues.or(this.#falses)
  }

  in(constants: readonly Constant[]): Bitset {
    let matches = new Bitset(this.#trues.size)
    if (constants.includes(true)) matches = matches.or(this.#trues)
    if (constants.includes(false)) matches = matches.or(this.#falses)
    return matches
  }

  bytes(): number {
    return this.#trues.capacity + this.#falses.capacity
  }

  write(writer: ByteWriter): void {
    writer.bits(this.#trues)
    writer.bits(this.#falses)
  }
}
