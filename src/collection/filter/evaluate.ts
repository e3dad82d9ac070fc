import type { Columns } from '../columns/index.ts'
import { Bitset } from './bitset.ts'
import type { FilterNode } from './node.ts'

/** The rows that match, among all that were ever appended: rows of deleted records included. */
export function evaluateFilter(node: FilterNode, columns: Columns): Bitset {
  switch (node.kind) {
    case 'and':
      return node.nodes.reduce(
        (matches, each) => matches.and(evaluateFilter(each, columns)),
        new Bitset(columns.rows).not(),
      )
    case 'or':
      return node.nodes.reduce(
        (matches, each) => matches.or(evaluateFilter(each, columns)),
        new Bitset(columns.rows),
      )
    case 'not':
      return evaluateFilter(node.node, columns).not()
    case 'exists':
      return columns.column(node.field).exists()
    case 'in':
      return columns.column(node.field, 'in').in(node.values)
    case 'compare':
      return columns.column(node.field, 'compare').compare(node.order, node.value)
    case 'within':
      return columns.column(node.field, 'within').within(node.area)
  }
}
