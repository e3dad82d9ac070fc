import { QuiverError } from '../../contract/errors.ts'

/** Nesting beyond this is a program gone wrong, and would end in an overflow of the stack. */
export const MAX_DEPTH = 100

/** Each clause is a pass over all rows: with more of them a search would not end in any good time. */
export const MAX_CLAUSES = 4_096

/** @param place begins the message: a path in the filter, or a position in its text */
export function refuse(place: string, problem: string, cause?: unknown): QuiverError {
  return new QuiverError('INVALID_FILTER', `${place} ${problem}.`, { cause })
}

export function refuseDepth(): QuiverError {
  return refuse(
    'The filter',
    `is nested deeper than ${MAX_DEPTH} levels. Put its clauses side by side in one "and" or "or"`,
  )
}

export function refuseClauses(): QuiverError {
  return refuse(
    'The filter',
    `has more than ${MAX_CLAUSES.toLocaleString('en')} clauses. Ask for any of many values with one "in"`,
  )
}
