import type { GeoBox, GeoRadius } from '../../contract/fields.ts'

/** A filter as data: checked against the declared fields, every operator brought down to one of seven. */
export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode }
  /** The record has the field. */
  | { readonly kind: 'exists'; readonly field: string }
  /** The record has the field, and it equals (an array: holds) one of the values. */
  | { readonly kind: 'in'; readonly field: string; readonly values: readonly Constant[] }
  /** The record has the field, and it stands in this order to the value. */
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly order: Order
      readonly value: Constant
    }
  /** The record has the field, and it lies in the area. */
  | { readonly kind: 'within'; readonly field: string; readonly area: Area }

/** What a column compares with; a date as milliseconds since 1970. */
export type Constant = string | number | boolean

export type Order = '$gt' | '$gte' | '$lt' | '$lte'

export type Area = GeoRadius | GeoBox

export function not(node: FilterNode): FilterNode {
  return { kind: 'not', node }
}

/** One node alone needs no other around it. */
export function joined(kind: 'and' | 'or', nodes: readonly FilterNode[]): FilterNode {
  const [only, ...others] = nodes
  return only && others.length === 0 ? only : { kind, nodes }
}
