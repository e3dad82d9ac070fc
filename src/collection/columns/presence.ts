import { Bitset } from '../filter/bitset.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { Column } from './column.ts'
import { isFieldValue } from './fields.ts'

/** Which rows have a text: the rows alone, as a text is asked for by its words and read from the document. */
export class PresenceColumn implements Column {
  readonly #present: Bitset

  private constructor(present: Bitset) {
    this.#present = present
  }

  static absent(rows: number): PresenceColumn {
    return new PresenceColumn(new Bitset(rows))
  }

  static read(rows: number, reader: ByteReader): PresenceColumn {
    return new PresenceColumn(reader.bits(rows))
  }

  append(value: unknown): void {
    const row = this.#present.size
    this.#present.grow(row + 1)
    if (isFieldValue('text', value)) this.#present.add(row)
  }

  /** An empty text stands for any. */
  *values(from: number, to: number): Iterable<unknown> {
    for (let row = from; row < to; row++) yield this.#present.has(row) ? '' : undefined
  }

  exists(): Bitset {
    return this.#present.copy()
  }

  bytes(): number {
    return this.#present.capacity
  }

  write(writer: ByteWriter): void {
    writer.bits(this.#present)
  }
}
