/** The Earth as a sphere. Places and boxes in degrees, distances in metres. */
import type { GeoBox, GeoRadius } from '../../contract/fields.ts'

/**
 * Mean radius R1 of the WGS 84 ellipsoid, (2a + b) / 3: H. Moritz, Geodetic Reference System 1980, Journal of Geodesy 74
 * (2000). Distances on this sphere are within 0.6 % of those on the ellipsoid.
 */
const MEAN_RADIUS = 6_371_008.8

/** Widens the box around a circle by 6 mm, so that no rounding leaves out a place on the edge. */
const SLACK = 1e-9

/** Meridians from west to east; none where `west` is above `east`. */
interface Span {
  readonly west: number
  readonly east: number
}

const NOWHERE: Span = { west: Infinity, east: -Infinity }

/** The longitudes of a box, as two spans neither of which crosses the antimeridian, which is both -180 and 180. */
export function spansOfLongitude({ west, east }: GeoBox): readonly [Span, Span] {
  if (west > east) {
    return [
      { west, east: 180 },
      { west: -180, east },
    ]
  }
  if (east === 180)
    return [
      { west, east },
      { west: -180, east: -180 },
    ]
  if (west === -180)
    return [
      { west, east },
      { west: 180, east: 180 },
    ]
  return [{ west, east }, NOWHERE]
}

/**
 * A box that holds the whole circle. J. P. Matuschek, Finding Points Within a Distance of a Latitude/Longitude Using Bounding
 * Coordinates: the meridians that touch the circle are asin(sin(radius) / cos(latitude)) away.
 */
export function boxAround({ lat, lon, radius }: GeoRadius): GeoBox {
  const angle = radius / MEAN_RADIUS + SLACK
  const north = lat + degrees(angle)
  const south = lat - degrees(angle)
  if (north >= 90 || south <= -90) return { north, south, east: 180, west: -180 }
  // Rounding may lift the quotient above 1 where the circle all but touches the pole.
  const sine = Math.min(1, Math.sin(angle) / Math.cos(radians(lat)))
  const aside = degrees(Math.asin(sine) + SLACK)
  return { north, south, east: wrapped(lon + aside), west: wrapped(lon - aside) }
}

/**
 * Asks whether a place is at most the radius away, by the haversine formula (R. W. Sinnott, Virtues of the Haversine, Sky and
 * Telescope 68, 1984), which is exact for small distances too. Haversines are compared instead of distances, as both grow alike.
 */
export function isWithin({ lat, lon, radius }: GeoRadius): (lat: number, lon: number) => boolean {
  const halfAngle = radius / (2 * MEAN_RADIUS)
  const limit = halfAngle < Math.PI / 2 ? Math.sin(halfAngle) ** 2 : Infinity
  const cosine = Math.cos(radians(lat))
  return (toLat, toLon) => {
    const apart = Math.abs(toLon - lon)
    const aside = haversine(apart > 180 ? 360 - apart : apart)
    return haversine(toLat - lat) + cosine * Math.cos(radians(toLat)) * aside <= limit
  }
}

function haversine(angle: number): number {
  return Math.sin(radians(angle) / 2) ** 2
}

function wrapped(lon: number): number {
  if (lon > 180) return lon - 360
  return lon < -180 ? lon + 360 : lon
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI
}
