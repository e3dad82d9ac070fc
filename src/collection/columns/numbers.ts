import { Bitset } from '../filter/bitset.ts'
import type { Constant, Order } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { ColumnThatAnswers } from './column.ts'
import { corrupt } from './codec.ts'
import { isFieldValue } from './fields.ts'
import { withRoom } from './growth.ts'

/** The largest time a Date can hold, in milliseconds either side of 1970. */
const MAX_TIME = 8.64e15

/**
 * Numbers, or dates as milliseconds since 1970. Absence is NaN, which no record can hold and no comparison matches.
 *
 * The loops make a bit of each comparison instead of branching on it, and write 32 of them at once: a branch that goes either
 * way costs more than all the rest.
 */
export class NumberColumn implements ColumnThatAnswers<'in' | 'compare'> {
  readonly #type: 'number' | 'date'
  #values: Float64Array<ArrayBuffer>
  #rows: number

  private constructor(type: 'number' | 'date', values: Float64Array<ArrayBuffer>) {
    this.#type = type
    this.#values = values
    this.#rows = values.length
  }

  static absent(type: 'number' | 'date', rows: number): NumberColumn {
    return new NumberColumn(type, new Float64Array(rows).fill(NaN))
  }

  static read(type: 'number' | 'date', rows: number, reader: ByteReader): NumberColumn {
    const values = reader.float64s(rows)
    const limit = type === 'date' ? MAX_TIME : Number.MAX_VALUE
    if (values.some((value) => Math.abs(value) > limit)) {
      throw corrupt(`a ${type} is out of range`)
    }
    return new NumberColumn(type, values)
  }

  append(value: unknown): void {
    this.#values = withRoom(this.#values, this.#rows + 1, (length) => new Float64Array(length))
    this.#values[this.#rows++] = this.#toNumber(value)
  }

  *values(from: number, to: number): Iterable<unknown> {
    for (const value of this.#values.subarray(from, to)) {
      if (Number.isNaN(value)) yield undefined
      else yield this.#type === 'date' ? new Date(value) : value
    }
  }

  exists(): Bitset {
    return this.compare('$gte', -Infinity)
  }

  in(constants: readonly Constant[]): Bitset {
    const matches = new Bitset(this.#rows)
    const wanted = Float64Array.from(constants.filter((each) => typeof each === 'number')).sort()
    if (wanted.length === 0) return matches
    const { words } = matches
    const values = this.#values
    for (let word = 0, row = 0; word < words.length; word++) {
      const end = Math.min(row + 32, this.#rows)
      let bits = 0
      for (let bit = 0; row < end; row++, bit++) {
        const value = values[row]!
        // Binary search for the last wanted value that is not above this one.
        let at = 0
        for (let length = wanted.length; length > 1;) {
          const half = length >> 1
          at += Number(wanted[at + half]! <= value) * half
          length -= half
        }
        bits |= Number(wanted[at] === value) << bit
      }
      words[word] = bits
    }
    return matches
  }

  compare(order: Order, constant: Constant): Bitset {
    const bound = typeof constant === 'number' ? constant : NaN
    // What is below the bound is above it with the signs turned.
    const sign = order === '$gt' || order === '$gte' ? 1 : -1
    const limit = sign * bound
    const orEqual = Number(order === '$gte' || order === '$lte')
    const matches = new Bitset(this.#rows)
    const { words } = matches
    const values = this.#values
    for (let word = 0, row = 0; word < words.length; word++) {
      const end = Math.min(row + 32, this.#rows)
      let bits = 0
      for (let bit = 0; row < end; row++, bit++) {
        const value = sign * values[row]!
        bits |= (Number(value > limit) | (orEqual & Number(value === limit))) << bit
      }
      words[word] = bits
    }
    return matches
  }

  bytes(): number {
    return this.#values.byteLength
  }

  write(writer: ByteWriter): void {
    writer.float64s(this.#values.subarray(0, this.#rows))
  }

  #toNumber(value: unknown): number {
    if (this.#type === 'date') return isFieldValue('date', value) ? value.getTime() : NaN
    return isFieldValue('number', value) ? value : NaN
  }
}
