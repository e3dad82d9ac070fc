import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Database } from 'quiverdb'
import type { Refused } from './collection.ts'
import { printed } from '../support/filters/printed.ts'
import { filterArbitrary, recordsArbitrary, type SampleRecord } from '../support/filters/samples.ts'
import { matches } from '../support/filters/twin.ts'

const FIELDS = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
  body: 'text',
} as const

/** What a filter asks of every type of field, as an object and as a text. */
export function describeFilters(
  where: string,
  open: () => Promise<Database>,
  refused: Refused,
): void {
  describe(`filters (${where})`, () => {
    it('pick what a plain predicate picks, among records that come and go', async () => {
      const c = await (await open()).collection('c', { dimension: 2, fields: FIELDS })
      const vector = [1, 0]
      const kept = new Map<string, SampleRecord>()
      const samples = fc.sample(recordsArbitrary(FIELDS), { numRuns: 60, seed: 6 }).flat()
      expect(samples.length).toBeGreaterThan(100)
      for (const [n, record] of samples.entries()) kept.set(String(n), record)
      await c.upsert([...kept].map(([id, record]) => ({ ...record, id, vector })))
      await c.delete([...kept.keys()].filter((id) => Number(id) % 5 === 0))
      for (const id of [...kept.keys()].filter((each) => Number(each) % 5 === 0)) kept.delete(id)
      for (const id of [...kept.keys()].slice(0, 20)) {
        await c.update(id, { place: null, lang: 'b' })
        kept.set(id, { ...kept.get(id), place: null, lang: 'b' })
      }

      const check = fc.asyncProperty(filterArbitrary(FIELDS), async (filter) => {
        const expected = [...kept].filter(([, record]) => matches(record, filter))
        const text = printed(filter, FIELDS)
        expect(await c.count(filter)).toBe(expected.length)
        const hits = await c.search(vector, { k: 1_000, where: text, include: [] })
        expect(hits.map(({ id }) => id).sort()).toEqual(expected.map(([id]) => id).sort())
      })
      await fc.assert(check, { numRuns: 100 })
    })

    it('find places by distance and in boxes', async () => {
      const c = await (await open()).collection('c', { dimension: 1, fields: { place: 'geo' } })
      const places = {
        amsterdam: { lat: 52.373, lon: 4.892 },
        utrecht: { lat: 52.091, lon: 5.122 },
        paris: { lat: 48.857, lon: 2.352 },
        suva: { lat: -18.142, lon: 178.442 },
        apia: { lat: -13.833, lon: -171.767 },
      }
      const records = Object.entries(places).map(([id, place]) => ({ id, vector: [1], place }))
      await c.upsert([...records, { id: 'nowhere', vector: [1] }])
      const found = async (filter: Parameters<typeof c.count>[0]): Promise<string[]> =>
        (await c.search([1], { where: filter })).map(({ id }) => id).sort()

      // Utrecht is 35.0 km from Amsterdam, Paris 430 km; Apia is 1,144 km from Suva, over the antimeridian.
      const around = (radius: number) => ({
        place: { $geoRadius: { ...places.amsterdam, radius } },
      })
      expect(await found(around(34_000))).toEqual(['amsterdam'])
      expect(await found(around(36_000))).toEqual(['amsterdam', 'utrecht'])
      expect(await found(around(440_000))).toEqual(['amsterdam', 'paris', 'utrecht'])
      expect(await found('place WITHIN 36 km OF (52.373, 4.892)')).toEqual(['amsterdam', 'utrecht'])
      expect(await found('place WITHIN 1200 km OF (-18.142, 178.442)')).toEqual(['apia', 'suva'])
      expect(await found('place WITHIN 21000 km OF (0, 0)')).toHaveLength(5)

      expect(await found('place WITHIN (-20, 170) TO (-10, -170)')).toEqual(['apia', 'suva'])
      expect(
        await found({ place: { $geoBox: { north: 53, south: 52, west: 4, east: 5 } } }),
      ).toEqual(['amsterdam'])
      expect(await found({ place: null })).toEqual(['nowhere'])
      expect((await c.get('suva'))?.place).toEqual(places.suva)

      await refused(
        c.upsert({ id: 'a', vector: [1], place: { lat: 91, lon: 0 } }),
        'INVALID_RECORD',
      )
      await refused(c.update('suva', { place: { lat: 0, lon: NaN } }), 'INVALID_RECORD')
      expect(await c.count()).toBe(6)
    })

    it('see whether a text is there, and nothing else of it', async () => {
      const fields = { text: 'text', title: { type: 'text', boost: 2 } } as const
      const db = await open()
      const c = await db.collection('c', { dimension: 1, fields })
      await c.upsert([
        { id: 'both', vector: [1], text: 'the cat sat', title: 'Cats' },
        { id: 'text', vector: [1], text: 'the dog sat' },
        { id: 'none', vector: [1] },
      ])
      expect(await c.count({ text: { $exists: true } })).toBe(2)
      expect(await c.count('text EXISTS AND title IS NULL')).toBe(1)
      await c.update('both', { title: null })
      expect(await c.count({ title: { $exists: true } })).toBe(0)
      await refused(c.count({ title: 'Cats' } as never), 'INVALID_FILTER')
      await refused(c.count("text CONTAINS 'cat'"), 'INVALID_FILTER')
      await refused(c.upsert({ id: 'a', vector: [1], title: 5 as never }), 'INVALID_RECORD')
      await db.collection('c', { fields: { title: { type: 'text', boost: 3 } } })
      const dutch = { title: { type: 'text', language: 'dutch' } } as const
      await refused(db.collection('c', { fields: dutch }), 'OPTIONS_MISMATCH')
      expect(await c.count('text EXISTS')).toBe(2)
    })

    it('as text choose what goes, and are refused by their position', async () => {
      const c = await (await open()).collection('c', { dimension: 1, fields: { n: 'number' } })
      await c.upsert([0, 1, 2, 3].map((n) => ({ id: String(n), vector: [1], n })))
      expect(await c.delete({ where: 'n >= 2 OR n IS NULL' })).toBe(2)
      expect(await c.count('NOT n = 0')).toBe(1)
      const unread = c.delete({ where: 'n >= 1 ANDD n < 3' })
      await expect(unread).rejects.toMatchObject({
        code: 'INVALID_FILTER',
        message: expect.stringMatching(/^where, at character 8: AND, OR or the end/) as string,
      })
      await refused(c.count(''), 'INVALID_FILTER')
      await refused(c.search([1], { where: 'n' }), 'INVALID_FILTER')
      await refused(c.count('('.repeat(10_000_000)), 'INVALID_FILTER')
      expect(await c.count()).toBe(2)
    })

    it('take up places and texts declared later', async () => {
      const db = await open()
      const c = await db.collection('c', { dimension: 1 })
      const place = { lat: 1, lon: 2 }
      await c.upsert([
        { id: 'a', vector: [1], text: 'the cat sat', place },
        { id: 'b', vector: [1], place: [1, 2] },
      ])
      const wider = await db.collection('c', { fields: { place: 'geo', text: 'text' } })
      expect(await wider.count('place EXISTS')).toBe(1)
      expect(await wider.count({ place: { $geoRadius: { ...place, radius: 0 } } })).toBe(1)
      expect(await wider.count('text EXISTS')).toBe(1)
    })
  })
}
