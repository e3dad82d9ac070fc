import { expect, test } from 'vitest'
import { pool } from '../../../../src/embed/transformers/pooling.ts'

// Three tokens of two values; the third is padding.
const hidden = new Float32Array([3, 0, 0, 4, 100, 100])

test.each([
  ['mean', [0.6, 0.8]],
  ['cls', [1, 0]],
  ['last', [0, 1]],
] as const)('%s leaves padding out and normalises', (pooling, expected) => {
  const vector = new Float32Array(2)
  pool(hidden, 2, pooling, vector)
  expect(vector).toEqual(new Float32Array(expected))
})

test('a vector of zeros stays one', () => {
  const vector = new Float32Array(2)
  pool(new Float32Array(2), 1, 'mean', vector)
  expect([...vector]).toEqual([0, 0])
})
