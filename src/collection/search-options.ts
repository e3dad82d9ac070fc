import type { Include, Metric, SearchOptions } from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { requireOptions } from '../platform/options.ts'
import { MAX_EF, requireOneOf } from './config.ts'
import { describe } from './values.ts'

const DEFAULT_K = 10
const DEFAULT_INCLUDE = ['record', 'distance'] as const
const INCLUDES: readonly string[] = ['record', 'vector', 'distance']
const MIN_TARGET_RECALL = 0.5

/** The options of a search once they passed. */
export interface ValidSearchOptions {
  /** `Infinity` for all within a radius. */
  readonly k: number
  readonly ef: number | undefined
  readonly targetRecall: number | undefined
  readonly radius: number | undefined
  readonly where: unknown
  readonly include: ReadonlySet<Include>
  readonly minScore: number
  readonly signal: AbortSignal | undefined
}

/** @throws QuiverError `INVALID_K`, `INVALID_OPTION`, `UNSUPPORTED`, `ABORTED` */
export function validateSearchOptions(
  options: SearchOptions<Fields>,
  metric: Metric,
): ValidSearchOptions {
  requireOptions('search', options)
  throwIfAborted(options.signal)
  const { radius, ef, targetRecall, mode = 'vector', minScore = -Infinity } = options
  const { k = radius === undefined ? DEFAULT_K : Infinity, include = DEFAULT_INCLUDE } = options
  if (options.k !== undefined && (!Number.isInteger(k) || k < 1)) {
    throw new QuiverError('INVALID_K', `k must be an integer of at least 1, got ${describe(k)}.`)
  }
  if (ef !== undefined && targetRecall !== undefined) {
    invalid('ef and targetRecall both say how far to look; give one of them.')
  }
  if (ef !== undefined && (!Number.isInteger(ef) || ef < 1 || ef > MAX_EF)) {
    invalid(`ef must be an integer from 1 to ${String(MAX_EF)}, got ${describe(ef)}.`)
  }
  if (targetRecall !== undefined && !isBetween(targetRecall, MIN_TARGET_RECALL, 1)) {
    invalid(
      `targetRecall must be a number from ${String(MIN_TARGET_RECALL)} to 1, got ${describe(targetRecall)}.`,
    )
  }
  requireRadius(radius, metric)
  if (typeof minScore !== 'number' || Number.isNaN(minScore)) {
    invalid(`minScore must be a number, got ${describe(minScore)}.`)
  }
  requireMode(mode)
  return {
    k,
    ef,
    targetRecall,
    radius,
    where: options.where,
    include: validateInclude(include),
    minScore,
    signal: options.signal,
  }
}

/** Distances of dot may be negative, all others are not. */
function requireRadius(radius: unknown, metric: Metric): void {
  if (radius === undefined) return
  const min = metric === 'dot' ? -Number.MAX_VALUE : 0
  if (isBetween(radius, min, Number.MAX_VALUE)) return
  const atLeast = metric === 'dot' ? '' : ' of at least 0'
  invalid(`radius must be a finite number${atLeast}, got ${describe(radius)}.`)
}

function requireMode(mode: string): void {
  if (mode === 'text' || mode === 'hybrid') {
    throw new QuiverError('UNSUPPORTED', `mode '${mode}' is not there yet; leave mode out.`)
  }
  requireOneOf('mode', mode, ['vector'])
}

function validateInclude(include: unknown): ReadonlySet<Include> {
  if (!Array.isArray(include)) invalid(`include must be an array, got ${describe(include)}.`)
  for (const part of include) requireOneOf('include', part, INCLUDES)
  return new Set(include as Include[])
}

function isBetween(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max
}

function invalid(message: string): never {
  throw new QuiverError('INVALID_OPTION', message)
}
