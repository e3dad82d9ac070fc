import { expect, it } from 'vitest'
import { foldTime, graphIsWorthFolding, isSparse } from '../../../src/collection/fold-policy.ts'

const KB = 1024
const MB = 1024 * KB

it.each([
  [64 * KB - 1, 0, 0, 'later'],
  [64 * KB, 1, 0, 'idle'],
  [2 * KB, 1, 200 * MB, 'later'],
  [2 * MB, 1000, 200 * MB, 'later'],
  [10 * MB, 5000, 200 * MB, 'idle'],
  [8 * MB - 1, 5000, 0, 'idle'],
  [8 * MB, 5000, 0, 'now'],
  [25 * MB, 5000, 100 * MB, 'now'],
  [63 * MB, 5000, 1000 * MB, 'idle'],
  [64 * MB, 5000, 1000 * MB, 'now'],
  [6 * MB, 20_000, 1000 * MB, 'idle'],
  [20 * MB, 70_000, 1000 * MB, 'now'],
])(
  'a log of %d bytes and %d rows beside %d bytes is folded: %s',
  (bytes, rows, snapshotBytes, time) => {
    expect(foldTime({ bytes, rows, snapshotBytes })).toBe(time)
  },
)

it.each([
  [1999, 0, false],
  [2000, 0, true],
  [100_001, 100_000, false],
  [104_000, 100_000, false],
  [106_000, 100_000, true],
])('a graph of %d rows, %d of them folded, is worth a fold: %s', (indexed, folded, worth) => {
  expect(graphIsWorthFolding(indexed, folded)).toBe(worth)
})

it.each([
  [999, 0, false],
  [1000, 701, false],
  [1000, 700, true],
])('of %d rows %d with a record: sparse: %s', (rows, records, sparse) => {
  expect(isSparse(rows, records)).toBe(sparse)
})
