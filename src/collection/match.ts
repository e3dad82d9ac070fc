import type { Bitset } from './filter/bitset.ts'
import { evaluateFilter, parseFilter } from './filter/index.ts'
import type { CollectionState } from './state.ts'

/** The rows whose record passes the filter. @throws QuiverError `INVALID_FILTER` */
export function matchRows(state: CollectionState, where: unknown): Bitset {
  const matches = evaluateFilter(parseFilter(where, state.config.fields), state.columns)
  return matches.and(state.live)
}
