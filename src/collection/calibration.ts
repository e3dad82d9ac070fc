/** How wide a walk must be for a recall that was asked for, as measured on a collection's own rows. Pure. */
import { isPlainObject } from './values.ts'

/** What a calibration says; kept with the snapshot. */
export interface Calibration {
  /** Rows the graph held when it was measured. */
  readonly indexed: number
  /** Rows that had been removed by then. */
  readonly removed: number
  /** One for each of `MEASURED`, in that order. */
  readonly curves: readonly Curve[]
}

/** Recall by ef, narrowest walk first. */
export type Curve = readonly Point[]

interface Point {
  readonly ef: number
  /** Mean over the sample of the share of the k nearest that were found. */
  readonly recall: number
  /** Standard error of that mean. */
  readonly error: number
}

/** The two k that are measured, and how wide walks are tried for each. */
export const MEASURED = [
  { k: 10, ladder: [10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640] },
  { k: 100, ladder: [112, 160, 224, 320, 448, 640, 900, 1280] },
] as const

/** What one sample row adds: for each of `MEASURED` the recall by rung of its ladder. */
export type SampleRecall = readonly (readonly number[])[]

/** Used until there is a calibration: wide enough for most data at k = 10. */
const DEFAULT_EF = 64
const DEFAULT_EF_ABOVE_95 = 160

const SAMPLE_ROWS = 100

/** With fewer rows a walk visits most of them, and there is nothing to choose. */
const CALIBRATE_FROM_ROWS = 1000

/** Outdated when the graph is this many times larger, or this share of its rows was removed. */
const OUTDATED_GROWTH = 1.5
const OUTDATED_REMOVED = 1 / 3

/** What the age of a calibration is told by. */
export interface GraphSize {
  readonly indexed: number
  readonly removed: number
}

/** Whether it is time to measure, for the first time or again. */
export function calibrationIsDue(
  calibration: GraphSize | undefined,
  { indexed, removed }: GraphSize,
): boolean {
  if (indexed - removed < CALIBRATE_FROM_ROWS) return false
  if (!calibration) return true
  const live = calibration.indexed - calibration.removed
  return (
    indexed >= calibration.indexed * OUTDATED_GROWTH ||
    removed - calibration.removed >= live * OUTDATED_REMOVED
  )
}

/** What a snapshot brings back; `undefined` where that is no calibration: then it is measured anew. */
export function storedCalibration(stored: unknown): Calibration | undefined {
  if (!isPlainObject(stored)) return undefined
  const { indexed, removed, curves } = stored
  const whole =
    Number.isFinite(indexed) &&
    Number.isFinite(removed) &&
    Array.isArray(curves) &&
    curves.length === MEASURED.length &&
    curves.every((curve) => Array.isArray(curve) && curve.every(isPoint))
  return whole ? (stored as unknown as Calibration) : undefined
}

function isPoint(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const { ef, recall, error } = value
  return [ef, recall, error].every(Number.isFinite) && Number(ef) >= 1
}

/** Up to `most` of the rows, evenly spread. */
export function sampleOf(rows: readonly number[], most = SAMPLE_ROWS): number[] {
  const size = Math.min(most, rows.length)
  return Array.from(
    { length: size },
    (_, n) => rows[Math.floor(((n + 0.5) * rows.length) / size)] ?? 0,
  )
}

/** The curves through the samples' means. */
export function curvesThrough(samples: readonly SampleRecall[]): Curve[] {
  return MEASURED.map(({ ladder }, curve) =>
    ladder.map((ef, rung) => {
      const recalls = samples.map((sample) => sample[curve]?.[rung] ?? 0)
      return { ef, ...meanAndError(recalls) }
    }),
  )
}

/**
 * The narrowest walk whose recall, less one standard error, reaches the target; interpolated between rungs, and `Infinity`
 * where no walk that was tried does. It was measured at k = 10 and k = 100. Between them ef follows k on the straight line of
 * their logarithms, above 100 it grows with k, and fewer than ten are looked for as ten are: each comes out more surely.
 * Without a calibration it is 64, or 160 above a target of 0.95, times √(k / 10) above ten.
 */
export function efFor(calibration: Calibration | undefined, target: number, k: number): number {
  const ef = calibration ? measuredEf(calibration, target, k) : defaultEf(target, k)
  return Math.max(k, Math.ceil(ef))
}

function defaultEf(target: number, k: number): number {
  const ef = target > 0.95 ? DEFAULT_EF_ABOVE_95 : DEFAULT_EF
  return ef * Math.sqrt(Math.max(1, k / 10))
}

function measuredEf({ curves }: Calibration, target: number, k: number): number {
  const [atTen = Infinity, atHundred = Infinity] = curves.map((curve) => narrowest(curve, target))
  if (k <= 10) return atTen
  if (k >= 100) return (atHundred * k) / 100
  return atTen * (atHundred / atTen) ** (Math.log10(k) - 1)
}

function narrowest(curve: Curve, target: number): number {
  const surely = ({ recall, error }: Point): number => recall - error
  const first = curve.findIndex((point) => surely(point) >= target)
  const [above, below] = [curve[first], curve[first - 1]]
  if (!above) return Infinity
  if (!below) return above.ef
  const share = (target - surely(below)) / (surely(above) - surely(below))
  return below.ef * (above.ef / below.ef) ** share
}

function meanAndError(values: readonly number[]): { recall: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const variance = squares / Math.max(1, values.length - 1)
  return { recall: mean, error: Math.sqrt(variance / values.length) }
}
