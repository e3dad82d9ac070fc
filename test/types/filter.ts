/** Checked by tsc alone: what a filter must let through, and, under each `@ts-expect-error`, what it must not. */
import type { Collection, Database } from '../../src/contract/api.ts'
import type { Fields, Filter, NoFields } from '../../src/contract/fields.ts'

declare const db: Database

export async function filtersFollowTheDeclaration(): Promise<void> {
  // Inferred without `as const`.
  const notes = await db.collection('notes', {
    fields: { lang: 'keyword', tags: 'keyword[]', year: 'number', draft: 'boolean', day: 'date' },
  })
  const today = new Date()
  await filtersOfUnknownFields(notes)
  await filtersOfGenericFields(notes, { year: 2026 })

  await notes.count({})
  await notes.count({ lang: 'en', year: { $gte: 2020, $lt: 2030 }, tags: 'pets', draft: false })
  await notes.count({ day: today, lang: null, tags: { $contains: 'pets', $nin: ['dogs', null] } })
  await notes.count({ lang: { $in: ['en', null], $exists: true }, day: { $lte: today, $ne: null } })
  await notes.count({ $and: [{ lang: 'en' }, { $not: { $or: [{ year: { $eq: 1 } }] } }] })
  await notes.search('feline', { where: { lang: { $gt: 'd' } } })
  await notes.delete({ where: { year: { $lt: 2000 } } })
  await notes.count("year >= 2020 AND tags CONTAINS 'pets'")
  await notes.search('feline', { where: "lang = 'en'" })
  await notes.delete({ where: 'year < 2000' })

  // @ts-expect-error not a declared field
  await notes.count({ colour: 'red' })
  // @ts-expect-error not a declared field, deep inside
  await notes.count({ $or: [{ $not: { colour: 'red' } }] })
  // @ts-expect-error a string for a number
  await notes.count({ year: '2020' })
  // @ts-expect-error a string for a number, under an operator
  await notes.count({ year: { $gte: '2020' } })
  // @ts-expect-error a number for a keyword
  await notes.count({ lang: 1 })
  // @ts-expect-error text for a date
  await notes.count({ day: '2026-01-31' })
  // @ts-expect-error an array where membership is asked
  await notes.count({ tags: ['pets'] })
  // @ts-expect-error one value where $in takes several
  await notes.count({ lang: { $in: 'en' } })
  // @ts-expect-error a number among keywords
  await notes.count({ lang: { $in: ['en', 1] } })
  // @ts-expect-error no such operator
  await notes.count({ lang: { $regex: 'e.*' } })
  // @ts-expect-error booleans have no order
  await notes.count({ draft: { $gt: false } })
  // @ts-expect-error arrays have no order
  await notes.count({ tags: { $gt: 'a' } })
  // @ts-expect-error only arrays contain
  await notes.count({ lang: { $contains: 'e' } })
  // @ts-expect-error nothing compares with absence
  await notes.count({ year: { $gt: null } })
  // @ts-expect-error $exists takes a boolean
  await notes.count({ year: { $exists: 1 } })
  // @ts-expect-error $not takes one whole filter
  await notes.count({ $not: [{ lang: 'en' }] })
  // @ts-expect-error $and takes several
  await notes.count({ $and: { lang: 'en' } })
  // @ts-expect-error no such operator between filters
  await notes.count({ $nor: [{ lang: 'en' }] })
  // @ts-expect-error wrong inside a search as well
  await notes.search('feline', { where: { year: 'new' } })
  // @ts-expect-error and inside a delete
  await notes.delete({ where: { colour: 'red' } })
}

export async function placesAndTexts(): Promise<void> {
  const notes = await db.collection('places', {
    fields: {
      place: 'geo',
      text: 'text',
      body: 'text',
      title: { type: 'text', language: 'dutch', boost: 2 },
    },
  })
  await notes.upsert({ id: 'a', place: { lat: 52.37, lon: 4.9 }, body: 'the cat', title: null })
  const stored = await notes.get('a')
  const title: string | undefined = stored?.title
  const north: number | undefined = stored?.place?.lat
  await notes.count({ place: { $geoRadius: { lat: north ?? 0, lon: 4.9, radius: 5_000 } } })
  await notes.count({ place: { $geoBox: { north: 1, south: -1, east: -170, west: 170 } } })
  await notes.count({ place: null, text: { $exists: true }, body: null, title: { $exists: false } })

  // @ts-expect-error a place equals nothing
  await notes.count({ place: { lat: 52.37, lon: 4.9 } })
  // @ts-expect-error nor is it one of several
  await notes.count({ place: { $in: [] } })
  // @ts-expect-error a circle has a radius
  await notes.count({ place: { $geoRadius: { lat: 1, lon: 1 } } })
  // @ts-expect-error texts are searched
  await notes.count({ body: title ?? '' })
  // @ts-expect-error texts are searched, also those declared with options
  await notes.count({ title: { $contains: 'cat' } })
  // @ts-expect-error a place has two coordinates
  await notes.upsert({ id: 'a', text: 'x', place: { lat: 52.37 } })
  // @ts-expect-error a text is a string
  await notes.upsert({ id: 'a', text: 'x', title: 5 })
  // @ts-expect-error only text has options
  await db.collection('typo', { fields: { year: { type: 'number' } } })
  // @ts-expect-error there is no such language
  await db.collection('typo', { fields: { body: { type: 'text', language: 'klingon' } } })
}

export async function nothingDeclaredNothingFiltered(): Promise<void> {
  const bare = await db.collection('bare')
  await bare.count({})
  // @ts-expect-error no field is declared
  await bare.count({ lang: 'en' })
  // @ts-expect-error there is no such type
  await db.collection('typo', { fields: { year: 'nummer' } })
}

/** Code that works on any collection takes filters of unknown fields and can write them too. */
export function filtersOfUnknownFields(collection: Collection<Fields>): Promise<number> {
  const anything: Filter = { year: { $gte: 1 }, $or: [{ lang: 'en' }, { $not: { tags: 'x' } }] }
  const empty: Filter<NoFields> = {}
  const typed: Filter<{ lang: 'keyword' }> = { lang: 'en', $and: [{ lang: { $ne: 'de' } }] }
  const widened: Filter[] = [anything, empty, typed]
  // @ts-expect-error these three are never fields
  const wrong: Filter = { $and: { lang: 'en' } }
  return collection.count({ $and: [...widened, wrong] })
}

/** Generic code can pass filters on and add to them. */
export async function filtersOfGenericFields<F extends Fields>(
  collection: Collection<F>,
  where: Filter<F>,
): Promise<number> {
  return collection.count({ $not: where })
}

/** A filter may be put together bit by bit. */
export function conditionally(lang: string | undefined): Filter<{ lang: 'keyword' }> {
  return { ...(lang === undefined ? {} : { lang }) }
}
