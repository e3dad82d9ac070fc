import type { Pooling } from './families.ts'

/**
 * The vector of one text, normalised to length 1, from the vectors of its tokens.
 * @param hidden tokens × dimension, row-major; padding comes after the tokens
 * @param tokens how many are the text's own
 * @param vector where it is written; its length is the dimension
 */
export function pool(
  hidden: Float32Array,
  tokens: number,
  pooling: Pooling,
  vector: Float32Array,
): void {
  const dimension = vector.length
  if (pooling === 'mean') {
    vector.fill(0)
    for (let token = 0; token < tokens; token++) {
      const start = token * dimension
      for (let i = 0; i < dimension; i++) vector[i]! += hidden[start + i]!
    }
  } else {
    const token = pooling === 'cls' ? 0 : tokens - 1
    vector.set(hidden.subarray(token * dimension, (token + 1) * dimension))
  }
  normalise(vector)
}

function normalise(vector: Float32Array): void {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i]! /= length
}
