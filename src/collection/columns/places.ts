import type { GeoBox, GeoRadius } from '../../contract/fields.ts'
import { Bitset } from '../filter/bitset.ts'
import type { Area } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { ColumnThatAnswers } from './column.ts'
import { corrupt } from './codec.ts'
import { isFieldValue } from './fields.ts'
import { boxAround, isWithin, spansOfLongitude } from './globe.ts'
import { withRoom } from './growth.ts'

/** Places as two numbers in degrees; a row without one has NaN in both, which lies in no area. */
export class PlaceColumn implements ColumnThatAnswers<'within'> {
  #lats: Float64Array<ArrayBuffer>
  #lons: Float64Array<ArrayBuffer>
  #rows: number

  private constructor(lats: Float64Array<ArrayBuffer>, lons: Float64Array<ArrayBuffer>) {
    this.#lats = lats
    this.#lons = lons
    this.#rows = lats.length
  }

  static absent(rows: number): PlaceColumn {
    return new PlaceColumn(new Float64Array(rows).fill(NaN), new Float64Array(rows).fill(NaN))
  }

  static read(rows: number, reader: ByteReader): PlaceColumn {
    const lats = reader.float64s(rows)
    const lons = reader.float64s(rows)
    for (const [row, lat] of lats.entries()) {
      const lon = lons[row]!
      const absent = Number.isNaN(lat) && Number.isNaN(lon)
      if (!absent && !isFieldValue('geo', { lat, lon })) throw corrupt('a place is not on Earth')
    }
    return new PlaceColumn(lats, lons)
  }

  append(value: unknown): void {
    const { lat, lon } = isFieldValue('geo', value) ? value : { lat: NaN, lon: NaN }
    this.#lats = withRoom(this.#lats, this.#rows + 1, (length) => new Float64Array(length))
    this.#lons = withRoom(this.#lons, this.#rows + 1, (length) => new Float64Array(length))
    this.#lats[this.#rows] = lat
    this.#lons[this.#rows++] = lon
  }

  *values(from: number, to: number): Iterable<unknown> {
    for (let row = from; row < to; row++) {
      const lat = this.#lats[row]!
      yield Number.isNaN(lat) ? undefined : { lat, lon: this.#lons[row]! }
    }
  }

  exists(): Bitset {
    return this.#inBox({ north: 90, south: -90, east: 180, west: -180 })
  }

  within(area: Area): Bitset {
    return 'radius' in area ? this.#inCircle(area) : this.#inBox(area)
  }

  bytes(): number {
    return this.#lats.byteLength + this.#lons.byteLength
  }

  write(writer: ByteWriter): void {
    writer.float64s(this.#lats.subarray(0, this.#rows))
    writer.float64s(this.#lons.subarray(0, this.#rows))
  }

  #inBox(box: GeoBox): Bitset {
    const { north, south } = box
    const [one, other] = spansOfLongitude(box)
    const matches = new Bitset(this.#rows)
    const { words } = matches
    const lats = this.#lats
    const lons = this.#lons
    for (let word = 0, row = 0; word < words.length; word++) {
      const end = Math.min(row + 32, this.#rows)
      let bits = 0
      for (let bit = 0; row < end; row++, bit++) {
        const lat = lats[row]!
        const lon = lons[row]!
        const inOne = Number(lon >= one.west) & Number(lon <= one.east)
        const inOther = Number(lon >= other.west) & Number(lon <= other.east)
        bits |= (Number(lat >= south) & Number(lat <= north) & (inOne | inOther)) << bit
      }
      words[word] = bits
    }
    return matches
  }

  /** Only what lies in a box around the circle is worth the sines. */
  #inCircle(circle: GeoRadius): Bitset {
    const matches = this.#inBox(boxAround(circle))
    const isInside = isWithin(circle)
    for (const row of matches.rows()) {
      if (!isInside(this.#lats[row]!, this.#lons[row]!)) matches.remove(row)
    }
    return matches
  }
}
