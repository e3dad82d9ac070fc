/** Types a collection can declare for its fields. */
export type FieldType = 'keyword' | 'keyword[]' | 'number' | 'boolean' | 'date'

/** The declared fields of a collection: name -> type. */
export type Fields = Readonly<Record<string, FieldType>>

/** No declared fields. */
export type NoFields = { readonly [K in never]: FieldType }

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

interface OperatorsByType {
  keyword: EqualityOperators<string> & OrderOperators<string>
  'keyword[]': EqualityOperators<string> & MembershipOperators<string>
  number: EqualityOperators<number> & OrderOperators<number>
  boolean: EqualityOperators<boolean>
  date: EqualityOperators<Date> & OrderOperators<Date>
}

/** Operators a field of type `T` understands. */
export type FieldOperators<T extends FieldType> = OperatorsByType[T]

/** What may be asked of a field of type `T`: a value it equals, `null` for records that lack it, or operators. */
export type FieldCondition<T extends FieldType> = FilterValue<T> | null | FieldOperators<T>

/**
 * A filter with MongoDB's meaning: `$ne`, `$nin` and `$not` match records that lack the field, comparisons do not. Three
 * differences: `$not` takes a whole filter; on arrays equality, `$in` and `$contains` test membership; `null` is absence.
 * Keywords are ordered by their UTF-16 code units. Where the fields are not known to the compiler (`Filter<Fields>`), conditions
 * are checked at run time alone.
 *
 * @example { lang: 'en', year: { $gte: 2020 }, $or: [{ tags: 'pets' }, { tags: 'cats' }] }
 */
export type Filter<F extends Fields = Fields> = {
  readonly [K in keyof F]?: string extends K ? unknown : FieldCondition<F[K]>
} & {
  readonly $and?: readonly Filter<F>[]
  readonly $or?: readonly Filter<F>[]
  readonly $not?: Filter<F>
}
