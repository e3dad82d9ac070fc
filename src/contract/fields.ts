/**
 * Types a collection can declare for its fields. `text` is read by its words and asked for by searching; a filter sees only
 * whether it is there.
 */
export type FieldType = 'keyword' | 'keyword[]' | 'number' | 'boolean' | 'date' | 'geo' | 'text'

/** Languages whose words can be brought down to their stems (Snowball, snowballstem.org). */
export type LanguageName =
  | 'danish'
  | 'dutch'
  | 'english'
  | 'finnish'
  | 'french'
  | 'german'
  | 'hungarian'
  | 'italian'
  | 'norwegian'
  | 'portuguese'
  | 'romanian'
  | 'russian'
  | 'spanish'
  | 'swedish'
  | 'turkish'

/** A text field with its options. */
export interface TextField {
  readonly type: 'text'
  /** What its words are stemmed and its stop words left out by. Default `english`. Fixed when the field is declared. */
  readonly language?: LanguageName | undefined
  /** How much a word in this field counts against one in the others: above 0, at most 1,000. Default 1. */
  readonly boost?: number | undefined
}

/** How a field is declared: by its type alone, or with options where the type has some. */
export type FieldDeclaration = FieldType | TextField

/** The declared fields of a collection: name -> declaration. Of the reserved names only `text` may be one, as `text`. */
export type Fields = Readonly<Record<string, FieldDeclaration>>

/** No declared fields. */
export type NoFields = { readonly [K in never]: FieldType }

/** A place on Earth in degrees: `lat` from -90 to 90, north above 0; `lon` from -180 to 180, east above 0. */
export interface GeoPoint {
  readonly lat: number
  readonly lon: number
}

/** All places at most `radius` metres from one, along the great circle. */
export interface GeoRadius extends GeoPoint {
  readonly radius: number
}

/** All places between two parallels and two meridians, edges included. With `west` above `east` it crosses the antimeridian. */
export interface GeoBox {
  readonly north: number
  readonly south: number
  readonly east: number
  readonly west: number
}

interface FieldValues {
  keyword: string
  'keyword[]': readonly string[]
  number: number
  boolean: boolean
  date: Date
  geo: GeoPoint
  text: string
}

/** The type that a declaration declares. */
export type TypeOf<D extends FieldDeclaration> = D extends TextField ? 'text' : D & FieldType

/** What a record holds in a field declared as `D`. */
export type FieldValue<D extends FieldDeclaration> = FieldValues[TypeOf<D>]

interface FilterValues {
  keyword: string
  'keyword[]': string
  number: number
  boolean: boolean
  date: Date
  geo: never
  text: never
}

/** What a filter compares a field declared as `D` with: arrays by membership, places and texts with nothing. */
export type FilterValue<D extends FieldDeclaration> = FilterValues[TypeOf<D>]

interface PresenceOperators {
  $exists?: boolean
}

interface EqualityOperators<V> extends PresenceOperators {
  /** Equal; `null` matches records that lack the field. */
  $eq?: V | null
  /** Not equal; matches records that lack the field. */
  $ne?: V | null
  $in?: readonly (V | null)[]
  /** None of these; matches records that lack the field. */
  $nin?: readonly (V | null)[]
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

interface AreaOperators {
  $geoRadius?: GeoRadius
  $geoBox?: GeoBox
}

interface OperatorsByType {
  keyword: EqualityOperators<string> & OrderOperators<string>
  'keyword[]': EqualityOperators<string> & MembershipOperators<string>
  number: EqualityOperators<number> & OrderOperators<number>
  boolean: EqualityOperators<boolean>
  date: EqualityOperators<Date> & OrderOperators<Date>
  geo: PresenceOperators & AreaOperators
  text: PresenceOperators
}

/** Operators a field declared as `D` understands. */
export type FieldOperators<D extends FieldDeclaration> = OperatorsByType[TypeOf<D>]

/** What may be asked of a field declared as `D`: a value it equals, `null` for records that lack it, or operators. */
export type FieldCondition<D extends FieldDeclaration> = FilterValue<D> | null | FieldOperators<D>

/**
 * A filter with MongoDB's meaning: `$ne`, `$nin` and `$not` match records that lack the field, comparisons do not. Three
 * differences: `$not` takes a whole filter; on arrays equality, `$in` and `$contains` test membership; `null` is absence.
 * Keywords are ordered by their UTF-16 code units. Places are asked for with `$geoRadius` and `$geoBox`, texts by searching.
 * At most 4,096 clauses, 100 levels deep. Where the fields are not known to the compiler (`Filter<Fields>`), conditions are
 * checked at run time alone.
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

/**
 * What records must pass: a filter, or the same as a text, in which dates are ISO 8601 and areas are named as
 * `place WITHIN 5 km OF (52.37, 4.9)` or by two corners, south-west first: `place WITHIN (50, 3) TO (54, 8)`. Only an object is
 * checked by the compiler; a text is checked when it is asked, and the error names the character.
 *
 * @example "lang = 'en' AND year >= 2020 AND (tags CONTAINS 'pets' OR tags IN ('cats', 'dogs')) AND NOT draft = true"
 */
export type Where<F extends Fields = Fields> = Filter<F> | string
