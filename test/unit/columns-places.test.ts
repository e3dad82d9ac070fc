import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GeoBox, GeoPoint, GeoRadius } from '../../src/contract/fields.ts'
import { Columns } from '../../src/collection/columns/index.ts'
import { distance } from '../support/filters/twin.ts'

const FIELDS = { place: 'geo' } as const

function within(places: readonly GeoPoint[], area: GeoRadius | GeoBox): number[] {
  const columns = new Columns(FIELDS)
  columns.append(places.map((place) => ({ place })))
  return ask(columns, area)
}

function ask(columns: Columns, area: GeoRadius | GeoBox): number[] {
  return columns.column('place', 'within').within(area).rows()
}

const coordinate = (limit: number) =>
  fc.double({ min: -limit, max: limit, noNaN: true, noDefaultInfinity: true })
const anywhere = fc.record({ lat: coordinate(90), lon: coordinate(180) })

describe('a column of places', () => {
  test('measures as the haversine does, to the millimetre, at the poles and the antimeridian too', () => {
    const apart = fc.constantFrom(0, 1e-9, 1e-6, 1e-3, 0.1, 5, 90, 180, 359)
    const pair = fc.tuple(anywhere, apart, apart).map(([one, north, east]) => {
      const lon = one.lon + east > 180 ? one.lon + east - 360 : one.lon + east
      return [one, { lat: Math.min(90, one.lat + north), lon }] as const
    })
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const metres = distance(one, other)
        // Either formula loses digits where the other side of the Earth is near.
        const slack = metres < 15e6 ? 1e-3 : 1
        expect(within([other], { ...one, radius: metres + slack })).toEqual([0])
        if (metres > slack) expect(within([other], { ...one, radius: metres - slack })).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  test('knows one antimeridian and finds a place at distance 0 from itself', () => {
    fc.assert(
      fc.property(anywhere, (place) => {
        expect(within([place], { ...place, radius: 0 })).toEqual([0])
      }),
    )
    const both = [180, -180].map((lon) => ({ lat: 10, lon }))
    expect(within(both, { lat: 10, lon: 180, radius: 0 })).toEqual([0, 1])
    expect(within(both, { north: 10, south: 10, west: 180, east: 180 })).toEqual([0, 1])
    expect(within(both, { north: 10, south: 10, west: -180, east: -170 })).toEqual([0, 1])
    expect(within(both, { north: 10, south: 10, west: 170, east: 180 })).toEqual([0, 1])
    expect(within(both, { north: 10, south: 10, west: 170, east: -170 })).toEqual([0, 1])
    expect(within(both, { north: 10, south: 10, west: -170, east: 170 })).toEqual([])
  })

  test('reaches half the way round at most', () => {
    const opposite = { lat: -52, lon: -175 }
    const half = Math.PI * 6_371_008.8
    expect(within([opposite], { lat: 52, lon: 5, radius: half + 1 })).toEqual([0])
    expect(within([opposite], { lat: 52, lon: 5, radius: 1e300 })).toEqual([0])
    expect(within([opposite], { lat: 52, lon: 5, radius: half - 1_000 })).toEqual([])
  })

  test('takes up rows between two questions, and counts what it holds for them', () => {
    const columns = new Columns(FIELDS)
    const area = { lat: 0, lon: 0, radius: 1_000 }
    columns.append([{ place: { lat: 0, lon: 0 } }, {}])
    const bytes = columns.bytes()
    expect(ask(columns, area)).toEqual([0])
    expect(columns.bytes()).toBeGreaterThan(bytes)
    columns.append(Array.from({ length: 40 }, (_, n) => ({ place: { lat: n % 2, lon: 0 } })))
    expect(ask(columns, area)).toHaveLength(21)
    expect(columns.slice(1, 42).column('place', 'within').within(area).count()).toBe(20)
  })

  test('is refused where it was stored off the Earth', () => {
    const columns = new Columns(FIELDS)
    columns.append([{ place: { lat: 1, lon: 2 } }])
    const bytes = columns.encode()
    const corrupt = expect.objectContaining({ code: 'CORRUPT' }) as Error
    for (const wrong of [91, NaN, Infinity]) {
      const damaged = bytes.slice()
      new DataView(damaged.buffer).setFloat64(damaged.length - 16, wrong, true)
      expect(() => Columns.decode(FIELDS, damaged)).toThrow(corrupt)
    }
  })
})
