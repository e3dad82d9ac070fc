/** What a filter costs before any vector is looked at. */
import { Columns } from '../../../src/collection/columns/index.ts'
import { evaluateFilter, parseFilter } from '../../../src/collection/filter/index.ts'
import type { Where } from '../../../src/contract/fields.ts'
import { random } from '../../support/vectors.ts'
import { median } from '../sweep.ts'

const FIELDS = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
} as const

/** The first are asked for less than 2 ms over 100,000 rows; the others are what they are made of. */
const FILTERS: readonly (readonly [title: string, where: Where<typeof FIELDS>])[] = [
  ['keyword, number, tags', { lang: { $in: ['en', 'de'] }, year: { $gte: 2000 }, tags: 'tag 5' }],
  ['the same as text', "lang IN ('en', 'de') AND year >= 2000 AND tags CONTAINS 'tag 5'"],
  [
    'boolean, date, circle',
    {
      draft: false,
      day: { $lt: new Date('2010-01-01') },
      place: { $geoRadius: { lat: 52.37, lon: 4.9, radius: 2_000_000 } },
    },
  ],
  ['keyword', { lang: 'en' }],
  ['keyword, order', { lang: { $lt: 'fr' } }],
  ['number', { year: 2020 }],
  ['number, one of 100', { year: { $in: Array.from({ length: 100 }, (_, n) => 1900 + n) } }],
  ['number, order', { year: { $gte: 2000 } }],
  ['tags, 2 a row', { tags: 'tag 5' }],
  ['box', { place: { $geoBox: { north: 60, south: 40, west: -10, east: 30 } } }],
  ['circle', { place: { $geoRadius: { lat: 52.37, lon: 4.9, radius: 2_000_000 } } }],
]

/** Clocks of browsers are coarse: so many are timed at once. */
const ASKED_AT_ONCE = 20
const SAMPLES = 20

export interface ColumnsResult {
  readonly title: string
  readonly matching: number
  /** Milliseconds. */
  readonly p50: number
}

/** Milliseconds to parse and evaluate each filter over so many rows. */
export function measureColumns(rows: number, rounds: number): ColumnsResult[] {
  const columns = randomColumns(rows)
  return FILTERS.map(([title, where]) => {
    const ask = () => evaluateFilter(parseFilter(where, FIELDS), columns)
    ask()
    const times = Array.from({ length: rounds * SAMPLES }, () => {
      const started = performance.now()
      for (let n = 0; n < ASKED_AT_ONCE; n++) ask()
      return (performance.now() - started) / ASKED_AT_ONCE
    })
    return { title, matching: ask().count(), p50: median(times) }
  })
}

function randomColumns(rows: number): Columns {
  const next = random(1)
  const below = (limit: number) => Math.floor(next() * limit)
  const columns = new Columns(FIELDS)
  columns.append(
    Array.from({ length: rows }, () => ({
      lang: ['en', 'de', 'fr', 'nl', 'es'][below(6)],
      tags: Array.from({ length: below(5) }, () => `tag ${below(1_000)}`),
      year: 1900 + below(130),
      draft: next() < 0.5,
      day: new Date(below(1.7e12)),
      place: { lat: 180 * next() - 90, lon: 360 * next() - 180 },
    })),
  )
  return columns
}
