/** The Earth as a ball: places in degrees, distances in metres. */
import type { GeoBox } from '../../contract/fields.ts'

/**
 * Mean radius R1 of the WGS 84 ellipsoid, (2a + b) / 3: H. Moritz, Geodetic Reference System 1980, Journal of Geodesy 74
 * (2000). Distances on this ball are within 0.6 % of those on the ellipsoid.
 */
const MEAN_RADIUS = 6_371_008.8

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

/** Where a place lies on the ball of radius 1: x towards 0° N 0° E, z towards the north pole. */
export function pointOf(lat: number, lon: number): readonly [x: number, y: number, z: number] {
  const phi = radians(lat)
  const lambda = radians(lon === -180 ? 180 : lon)
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)]
}

/**
 * The square of the straight line, through the ball of radius 1, between points that are `distance` apart along the great
 * circle: four times the haversine of the angle between them (R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68,
 * 1984). It grows with the distance and is as exact for small ones, and takes no sine of any place. `Infinity` where the
 * distance leads all the way round.
 */
export function squaredChord(distance: number): number {
  const halfAngle = distance / (2 * MEAN_RADIUS)
  return halfAngle < Math.PI / 2 ? 4 * Math.sin(halfAngle) ** 2 : Infinity
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180
}
