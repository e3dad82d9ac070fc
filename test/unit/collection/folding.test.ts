import { expect, it } from 'vitest'
import { foldIsDue } from '../../../src/collection/folding.ts'

const MB = 1024 * 1024

it.each([
  [7 * MB, 0, false],
  [8 * MB, 0, true],
  [8 * MB, 100 * MB, false],
  [25 * MB, 100 * MB, true],
  [63 * MB, 1000 * MB, false],
  [64 * MB, 1000 * MB, true],
])('a log of %d bytes beside a snapshot of %d is due: %s', (log, snapshot, due) => {
  expect(foldIsDue(log, snapshot)).toBe(due)
})
