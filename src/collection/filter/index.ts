/** Filters: an object or a text becomes a checked plan, and the plan becomes a set of rows. */
export { Bitset } from './bitset.ts'
export { evaluateFilter } from './evaluate.ts'
export type { FilterNode } from './node.ts'
export { parseFilter } from './parse.ts'
