/** Areas on Earth that a filter names. */
import { isDegrees } from '../columns/index.ts'
import { describe, isPlainObject, shorten } from '../values.ts'
import type { Area } from './node.ts'
import { refuse } from './refuse.ts'

/** @throws QuiverError `INVALID_FILTER` */
export function radiusFrom(operand: unknown, path: string): Area {
  const { lat, lon, radius } = partsOf(operand, ['lat', 'lon', 'radius'], path)
  return {
    lat: degrees(lat, 90, `${path}.lat`),
    lon: degrees(lon, 180, `${path}.lon`),
    radius: metres(radius, `${path}.radius`),
  }
}

/** @throws QuiverError `INVALID_FILTER` */
export function boxFrom(operand: unknown, path: string): Area {
  const { north, south, east, west } = partsOf(operand, ['north', 'south', 'east', 'west'], path)
  const box = {
    north: degrees(north, 90, `${path}.north`),
    south: degrees(south, 90, `${path}.south`),
    east: degrees(east, 180, `${path}.east`),
    west: degrees(west, 180, `${path}.west`),
  }
  requireUpright(box, path)
  return box
}

/** West above east crosses the antimeridian; south above north means nothing. */
export function requireUpright(
  { north, south }: { readonly north: number; readonly south: number },
  path: string,
): void {
  if (south <= north) return
  throw refuse(path, `must have its south below its north, got ${south} and ${north}`)
}

export function degrees(value: unknown, limit: 90 | 180, path: string): number {
  if (isDegrees(value, limit)) return value
  throw refuse(path, `must be degrees from -${limit} to ${limit}, got ${describe(value)}`)
}

export function metres(value: unknown, path: string): number {
  if (Number.isFinite(value) && (value as number) >= 0) return value as number
  throw refuse(path, `must be a finite number of metres, at least 0, got ${describe(value)}`)
}

function partsOf<K extends string>(
  operand: unknown,
  names: readonly K[],
  path: string,
): Partial<Record<K, unknown>> {
  const shape = `{ ${names.join(', ')} }`
  if (!isPlainObject(operand)) throw refuse(path, `must be ${shape}, got ${describe(operand)}`)
  const parts = new Map(Object.entries(operand))
  for (const key of parts.keys()) {
    if (!names.some((name) => name === key)) {
      throw refuse(`${path}.${shorten(key)}`, `is not part of ${shape}`)
    }
  }
  return Object.fromEntries(names.map((name) => [name, parts.get(name)])) as Record<K, unknown>
}
