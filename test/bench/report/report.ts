import type { Footprint } from '../contenders/contender.ts'
import type { ContenderName } from '../contenders/names.ts'
import type { Dataset } from '../data/dataset.ts'
import type { Point } from '../sweep.ts'

/** All that one run of the search bench finds out about one dataset. It is the record, and what table and plot show. */
export interface Report {
  readonly date: string
  readonly machine: Machine
  readonly dataset: Dataset
  readonly parameters: { readonly k: number; readonly M: number; readonly efConstruction: number }
  readonly rounds: number
  readonly results: readonly Result[]
}

export interface Machine {
  readonly cpu: string
  readonly node: string
  readonly chromium: string
  /** Processes that wanted to run when the bench began, in the last minute: above 1 or so the figures are worth little. */
  readonly load: number
}

/** One way to ask one contender. */
export interface Result {
  readonly label: string
  readonly contender: ContenderName
  readonly rowsPerSecond: number
  readonly bytesPerRow: Footprint
  /** Bytes of the wasm, gzipped, where there is one. */
  readonly wasmBytes: number | undefined
  readonly points: readonly Point[]
}

export const RECALLS = [0.9, 0.95, 0.99] as const
