import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchesByLength } from '../../../../src/embed/transformers/batches.ts'

const lengths = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 200 })
const budgets = fc.integer({ min: 1, max: 2048 })

test('every row that has tokens is in one batch', () => {
  fc.assert(
    fc.property(lengths, budgets, (rows, budget) => {
      const seen = batchesByLength(rows, budget).flat()
      const expected = [...rows.keys()].filter((row) => rows[row]! > 0)
      expect(seen.toSorted((a, b) => a - b)).toEqual(expected)
    }),
  )
})

test('a batch keeps to the budget with its padding, or is one text', () => {
  fc.assert(
    fc.property(lengths, budgets, (rows, budget) => {
      for (const batch of batchesByLength(rows, budget)) {
        const longest = Math.max(...batch.map((row) => rows[row]!))
        expect(batch.length === 1 || batch.length * longest <= budget).toBe(true)
      }
    }),
  )
})

test('texts of like length are together', () => {
  expect(batchesByLength([9, 2, 0, 10, 3], 20)).toEqual([
    [1, 4],
    [0, 3],
  ])
})
