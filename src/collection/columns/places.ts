import type { GeoBox, GeoRadius } from '../../contract/fields.ts'
import { Bitset } from '../filter/bitset.ts'
import type { Area } from '../filter/node.ts'
import type { ByteReader, ByteWriter } from './codec.ts'
import type { ColumnThatAnswers } from './column.ts'
import { corrupt } from './codec.ts'
import { isDegrees, isFieldValue } from './fields.ts'
import { pointOf, spansOfLongitude, squaredChord } from './globe.ts'
import { withRoom } from './growth.ts'

/** Places as two numbers in degrees; a row without one has NaN in both, which lies in no area. */
export class PlaceColumn implements ColumnThatAnswers<'within'> {
  #lats: Float64Array<ArrayBuffer>
  #lons: Float64Array<ArrayBuffer>
  #rows: number
  #points = new Float64Array(0)
  /** Rows whose points are made. */
  #pointed = 0

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
      if (isDegrees(lat, 90) && isDegrees(lon, 180)) continue
      if (!Number.isNaN(lat) || !Number.isNaN(lon)) throw corrupt('a place is not on Earth')
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
    return this.#lats.byteLength + this.#lons.byteLength + this.#points.byteLength
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

  #inCircle({ lat, lon, radius }: GeoRadius): Bitset {
    const [x, y, z] = pointOf(lat, lon)
    const limit = squaredChord(radius)
    const points = this.#pointsOnBall()
    const matches = new Bitset(this.#rows)
    const { words } = matches
    for (let word = 0, row = 0; word < words.length; word++) {
      const end = Math.min(row + 32, this.#rows)
      let bits = 0
      for (let bit = 0; row < end; row++, bit++) {
        const dx = points[3 * row]! - x
        const dy = points[3 * row + 1]! - y
        const dz = points[3 * row + 2]! - z
        bits |= Number(dx * dx + dy * dy + dz * dz <= limit) << bit
      }
      words[word] = bits
    }
    return matches
  }

  /** x, y and z for each row. Made when first needed, as many collections are never asked for a circle. */
  #pointsOnBall(): Float64Array {
    this.#points = withRoom(this.#points, 3 * this.#rows, (length) => new Float64Array(length))
    for (; this.#pointed < this.#rows; this.#pointed++) {
      const point = pointOf(this.#lats[this.#pointed]!, this.#lons[this.#pointed]!)
      this.#points.set(point, 3 * this.#pointed)
    }
    return this.#points
  }
}
