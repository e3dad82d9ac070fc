import type { ContenderName } from './contenders/names.ts'

/** What the command line asks for. */
export interface BenchOptions {
  /** `quick` tries the harness: a tenth of the rows, few queries. Its figures are kept nowhere. */
  readonly size: 'quick' | 'full'
  readonly only: 'glove' | 'wordnet' | undefined
  readonly rivals: readonly ContenderName[]
}

/** How much of a dataset each size takes. */
export const sizes = {
  quick: { rows: 10_000, queries: 100, rounds: 3 },
  full: { rows: 100_000, queries: 1_000, rounds: 5 },
}
