/** Which rows are run together. */
export type Batch = readonly number[]

/**
 * Cuts rows into batches of texts of about the same length, so that little is computed for padding. Shortest first; a
 * batch holds at most `budget` tokens with its padding, or one text. Rows of length 0 are in no batch.
 */
export function batchesByLength(lengths: readonly number[], budget: number): Batch[] {
  const rows = [...lengths.keys()]
    .filter((row) => lengths[row] !== 0)
    .sort((a, b) => lengths[a]! - lengths[b]!)
  const batches: number[][] = []
  let batch: number[] = []
  for (const row of rows) {
    if (batch.length > 0 && (batch.length + 1) * lengths[row]! > budget) {
      batches.push(batch)
      batch = []
    }
    batch.push(row)
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
