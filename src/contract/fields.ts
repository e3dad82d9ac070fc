/** Types a collection can declare for its fields. */
export type FieldType = 'keyword' | 'keyword[]' | 'number' | 'boolean' | 'date'

/** The declared fields of a collection: name -> type. */
export type Fields = Readonly<Record<string, FieldType>>

/** No declared fields. */
export type NoFields = Readonly<Record<never, never>>

interface FieldValues {
  keyword: string
  'keyword[]': readonly string[]
  number: number
  boolean: boolean
  date: Date
}

/** What a record holds in a field of type `T`. */
export type FieldValue<T extends FieldType> = FieldValues[T]

/** What a filter compares a field of type `T` with; arrays are compared by membership. */
export type FilterValue<T extends FieldType> = T extends 'keyword[]' ? string : FieldValues[T]

interface EqualityOperators<V> {
  /** Equal; `null` matches records that lack the field. */
  $eq?: V | null
  /** Not equal; matches records that lack the field. */
  $ne?: V | null
  $in?: readonly (V | null)[]
  /** None of these; matches records that lack the field. */
  $nin?: readonly (V | null)[]
  $exists?: boolean
}

interface OrderOperators<V> {
  $gt?: V
  $gte?: V
  $lt?: V
  $lte?: V
}

interface MembershipOperators<V> {
  /** The array holds this value. */
  $contains?: V
}

/** Operators a field of type `T` understands. */
export type FieldOperators<T extends FieldType> = EqualityOperators<FilterValue<T>> &
  (T extends 'number' | 'date' | 'keyword' ? OrderOperators<FilterValue<T>> : unknown) &
  (T extends 'keyword[]' ? MembershipOperators<FilterValue<T>> : unknown)

/**
 * A filter with MongoDB's meaning: `$ne`, `$nin` and `$not` match records that lack the field, comparisons do not. Three
 * differences: `$not` takes a whole filter; on arrays equality, `$in` and `$contains` test membership; `null` is absence.
 *
 * @example { lang: 'en', year: { $gte: 2020 }, $or: [{ tags: 'pets' }, { tags: 'cats' }] }
 */
export type Filter<F extends Fields = Fields> = {
  readonly [K in keyof F]?: FilterValue<F[K]> | null | FieldOperators<F[K]>
} & {
  readonly $and?: readonly Filter<F>[]
  readonly $or?: readonly Filter<F>[]
  readonly $not?: Filter<F>
}
