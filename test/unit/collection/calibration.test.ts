import { describe, expect, it } from 'vitest'
import {
  type Calibration,
  calibrationIsDue,
  curvesThrough,
  efFor,
  MEASURED,
  sampleOf,
  storedCalibration,
} from '../../../src/collection/calibration.ts'

/** What samples of these recalls say; every rung left out is at 1. */
function measured(...samples: { tens: number[]; hundreds: number[] }[]): Calibration {
  const filled = (recalls: number[], rungs: number) =>
    Array.from({ length: rungs }, (_, rung) => recalls[rung] ?? 1)
  const curves = curvesThrough(
    samples.map(({ tens, hundreds }) => [
      filled(tens, MEASURED[0].ladder.length),
      filled(hundreds, MEASURED[1].ladder.length),
    ]),
  )
  return { indexed: 10_000, removed: 0, curves }
}

describe('efFor', () => {
  const calibration = measured({ tens: [0.5, 0.8, 0.9], hundreds: [0.8, 0.9] })

  it('answers the rung that reaches the target', () => {
    expect(efFor(calibration, 0.5, 10)).toBe(10)
    expect(efFor(calibration, 0.8, 10)).toBe(14)
    expect(efFor(calibration, 0.9, 10)).toBe(20)
    expect(efFor(calibration, 1, 10)).toBe(28)
  })

  it('answers between rungs where the target is', () => {
    const ef = efFor(calibration, 0.85, 10)
    expect(ef).toBe(Math.ceil(Math.sqrt(14 * 20)))
    expect(efFor(calibration, 0.82, 10)).toBeLessThan(ef)
  })

  it('grows with the target and with k, and is never below k', () => {
    for (const k of [1, 10, 15, 30, 99, 100, 101, 500, 5_000]) {
      expect(efFor(calibration, 0.9, k)).toBeGreaterThanOrEqual(k)
      expect(efFor(calibration, 0.9, k + 50)).toBeGreaterThan(efFor(calibration, 0.9, k))
      expect(efFor(calibration, 0.95, k)).toBeGreaterThanOrEqual(efFor(calibration, 0.9, k))
    }
    expect(efFor(calibration, 0.9, 1)).toBe(efFor(calibration, 0.9, 10))
    expect(efFor(calibration, 0.9, 100)).toBe(160)
    expect(efFor(calibration, 0.9, 200)).toBe(320)
  })

  it('leaves room for the error of the sample', () => {
    const sure = measured(...Array.from({ length: 50 }, () => ({ tens: [0.95], hundreds: [] })))
    const doubtful = measured(
      ...Array.from({ length: 50 }, (_, n) => ({ tens: [n % 2 ? 0.9 : 1], hundreds: [] })),
    )
    expect(efFor(sure, 0.95, 10)).toBe(10)
    expect(efFor(doubtful, 0.95, 10)).toBeGreaterThan(10)
  })

  it('says when no walk is known to reach the target', () => {
    const hopeless = measured({ tens: Array(13).fill(0.7) as number[], hundreds: [] })
    expect(efFor(hopeless, 0.7, 10)).toBe(10)
    expect(efFor(hopeless, 0.71, 10)).toBe(Infinity)
    expect(efFor(hopeless, 0.71, 100)).toBe(112)
  })

  it('has a default until there is a calibration', () => {
    expect([0.9, 0.95, 0.99].map((target) => efFor(undefined, target, 10))).toEqual([64, 64, 160])
    expect(efFor(undefined, 0.95, 1)).toBe(64)
    expect(efFor(undefined, 0.95, 1_000)).toBe(1_000)
  })
})

describe('calibrationIsDue', () => {
  const size = { indexed: 3_000, removed: 300 }

  it('is, once the graph is worth a walk', () => {
    expect(calibrationIsDue(undefined, { indexed: 999, removed: 0 })).toBe(false)
    expect(calibrationIsDue(undefined, { indexed: 1_100, removed: 101 })).toBe(false)
    expect(calibrationIsDue(undefined, { indexed: 1_000, removed: 0 })).toBe(true)
  })

  it('is again when the graph has grown by half or lost a third', () => {
    expect(calibrationIsDue(size, size)).toBe(false)
    expect(calibrationIsDue(size, { indexed: 4_499, removed: 300 })).toBe(false)
    expect(calibrationIsDue(size, { indexed: 4_500, removed: 300 })).toBe(true)
    expect(calibrationIsDue(size, { indexed: 3_000, removed: 1_199 })).toBe(false)
    expect(calibrationIsDue(size, { indexed: 3_000, removed: 1_200 })).toBe(true)
  })
})

describe('storedCalibration', () => {
  it('is what was kept', () => {
    const kept = measured({ tens: [0.9], hundreds: [0.8] })
    const stored: unknown = JSON.parse(JSON.stringify(kept))
    expect(storedCalibration(stored)).toEqual(kept)
  })

  it('is nothing where that cannot be searched by', () => {
    const kept = measured({ tens: [0.9], hundreds: [0.8] })
    const [tens] = kept.curves
    const wrong: unknown[] = [
      undefined,
      null,
      [],
      {},
      { ...kept, indexed: '3' },
      { ...kept, removed: null },
      { ...kept, curves: tens },
      { ...kept, curves: [tens] },
      { ...kept, curves: [tens, [null]] },
      { ...kept, curves: [tens, [{ ef: 0, recall: 1, error: 0 }]] },
      { ...kept, curves: [tens, [{ ef: 10, recall: '1', error: 0 }]] },
    ]
    for (const each of wrong) expect(storedCalibration(each)).toBeUndefined()
  })
})

describe('sampleOf', () => {
  it('takes a hundred rows, evenly spread', () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => n * 3)
    const sample = sampleOf(rows)
    expect(sample).toHaveLength(100)
    expect(sample.slice(0, 3)).toEqual([150, 450, 750])
    expect(new Set(sample).size).toBe(100)
  })

  it('takes all of a few', () => {
    expect(sampleOf([4, 7, 9])).toEqual([4, 7, 9])
    expect(sampleOf([])).toEqual([])
  })
})
