import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Columns } from '../../src/collection/columns/index.ts'
import { evaluateFilter, parseFilter } from '../../src/collection/filter/index.ts'
import {
  fieldsArbitrary,
  filterArbitrary,
  recordsArbitrary,
  type SampleFields,
  type SampleRecord,
} from '../support/filters/samples.ts'
import { matches } from '../support/filters/twin.ts'

function matchingRows(
  fields: SampleFields,
  records: readonly SampleRecord[],
  filter: unknown,
): number[] {
  const columns = new Columns(fields)
  columns.append(records)
  const found = evaluateFilter(parseFilter(filter, fields), columns)
  const rows = [...records.keys()].filter((row) => found.has(row))
  expect(found.size).toBe(records.length)
  expect(found.count()).toBe(rows.length)
  return rows
}

describe('evaluateFilter', () => {
  test('answers the rows that a plain predicate picks', () => {
    const sample = fieldsArbitrary.chain((fields) =>
      fc.tuple(fc.constant(fields), recordsArbitrary(fields), filterArbitrary(fields)),
    )
    fc.assert(
      fc.property(sample, ([fields, records, filter]) => {
        const expected = [...records.keys()].filter((row) => matches(records[row]!, filter))
        expect(matchingRows(fields, records, filter)).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  test('tells absence, an empty array and an empty string apart', () => {
    const fields = { tags: 'keyword[]', lang: 'keyword' } as const
    const records = [{}, { tags: [], lang: '' }, { tags: ['a'], lang: 'en' }, { tags: null }]
    const rows = (filter: unknown) => matchingRows(fields, records, filter)
    expect(rows({ tags: null })).toEqual([0, 3])
    expect(rows({ tags: { $exists: true } })).toEqual([1, 2])
    expect(rows({ tags: { $ne: 'a' } })).toEqual([0, 1, 3])
    expect(rows({ lang: '' })).toEqual([1])
    expect(rows({ lang: { $gte: '' } })).toEqual([1, 2])
    expect(rows({ lang: { $in: [] } })).toEqual([])
    expect(rows({ lang: { $nin: [] } })).toEqual([0, 1, 2, 3])
    expect(rows({ lang: { $in: [null, 'en'] } })).toEqual([0, 2, 3])
  })

  test('orders keywords by code unit, not by locale or as numbers', () => {
    const records = ['10', '9', 'B', 'a', 'é', '😀', '\uffff'].map((lang) => ({ lang }))
    expect(matchingRows({ lang: 'keyword' }, records, { lang: { $lt: '9' } })).toEqual([0])
    expect(matchingRows({ lang: 'keyword' }, records, { lang: { $gt: 'a' } })).toEqual([4, 5, 6])
    expect(matchingRows({ lang: 'keyword' }, records, { lang: { $gt: '😀' } })).toEqual([6])
  })

  test('an empty filter matches every row, and none where there is none', () => {
    expect(matchingRows({ year: 'number' }, [{}, { year: 1 }], {})).toEqual([0, 1])
    expect(matchingRows({}, [], {})).toEqual([])
  })
})
