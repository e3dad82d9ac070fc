/** What a collection's records look like, for its targets. */
import type { Fields } from '../../../src/contract/fields.ts'

export const FIELDS: Fields = {
  year: 'number',
  read: 'boolean',
  lang: 'keyword',
  tags: 'keyword[]',
  bought: 'date',
  place: 'geo',
  body: 'text',
}

export const RECORDS = [
  {
    year: 2026,
    read: true,
    lang: 'en',
    tags: ['a', 'b'],
    bought: new Date(0),
    place: { lat: 52.37, lon: 4.9 },
  },
  {},
  { year: -0.5, read: false, lang: 'naïve ☃', tags: [], body: 'the cat sat' },
  { lang: 'en', tags: ['b'], text: 'a $date', nested: { $date: 'no', deep: [[1, null]] } },
]
