import { describe, expect, it } from 'vitest'
import type { Collection, CollectionOptions, Database, Metric, Quantization } from 'quiverdb'
import { idsOf, random, randomMatrix, row } from '../support/vectors.ts'
import type { Refused } from './collection.ts'

const DIMENSION = 32
const ROWS = 4_000
const HNSW = { type: 'hnsw', M: 8, efConstruction: 60 } as const

/** What measures closeness, how vectors are kept, and how far a search looks. */
export function describeTuning(
  where: string,
  open: () => Promise<Database>,
  refused: Refused,
): void {
  async function filled(
    options: CollectionOptions = {},
    rows = ROWS,
  ): Promise<{ c: Collection; db: Database; matrix: Float32Array }> {
    const db = await open()
    const c = await db.collection('c', { dimension: DIMENSION, ...options })
    const matrix = randomMatrix(rows, DIMENSION, 70)
    await c.upsert(idsOf(rows), matrix)
    return { c, db, matrix }
  }

  async function untilCalibrated(c: Collection): Promise<Record<'0.9' | '0.95' | '0.99', number>> {
    await expect
      .poll(async () => (await c.stats()).calibratedEf, { timeout: 60_000, interval: 20 })
      .toBeDefined()
    return (await c.stats()).calibratedEf as Record<'0.9' | '0.95' | '0.99', number>
  }

  describe(`metrics (${where})`, () => {
    const [a, b] = [
      [3, 4, 0, -1],
      [0, 4, 2, 1],
    ]
    const expected: Record<Metric, number> = {
      cosine: 1 - 15 / Math.sqrt(26 * 21),
      dot: -15,
      l2: Math.sqrt(9 + 0 + 4 + 4),
      l1: 3 + 0 + 2 + 2,
      hamming: 3,
      jaccard: 1 - 1 / 4,
    }
    it.each(Object.keys(expected) as Metric[])('%s is as defined', async (metric) => {
      const c = await (await open()).collection('c', { dimension: 4, metric })
      await c.upsert({ id: 'b', vector: b })
      const [hit] = await c.search(a)
      const distance = expected[metric]
      expect(hit?.distance).toBeCloseTo(distance, 5)
      const score = { cosine: 1 - distance, dot: -distance }[metric as string] ?? 1 / (1 + distance)
      expect(hit?.score).toBeCloseTo(score, 5)
    })

    it('two empty sets are equal', async () => {
      for (const metric of ['hamming', 'jaccard'] as const) {
        const c = await (await open()).collection('c', { dimension: 2, metric })
        await c.upsert({ id: 'none', vector: [0, -1] })
        expect((await c.search([0, 0]))[0]).toMatchObject({ distance: 0, score: 1 })
      }
    })
  })

  describe(`quantization and originals (${where})`, () => {
    it.each(['none', 'f16', 'int8', '1bit'] as const)('%s', async (quantization) => {
      const { c, matrix } = await filled({ quantization, index: HNSW })
      expect(await c.stats()).toMatchObject({ quantization, originals: 'f32' })
      expect((await c.get('id-7'))?.vector).toEqual(row(matrix, DIMENSION, 7))
      let found = 0
      for (let n = 0; n < 20; n++) {
        const query = randomMatrix(1, DIMENSION, 1_000 + n)
        const walked = await c.search(query, { ef: 300, include: [] })
        const all = await c.search(query, { targetRecall: 1, include: [] })
        const right = new Set(all.map(({ id }) => id))
        found += walked.filter(({ id }) => right.has(id)).length
      }
      expect(found / 200).toBeGreaterThan(0.95)
    })

    it('is int8 by default from dimension 64 on, and packed sets under metrics of sets', async () => {
      const db = await open()
      const cases: [CollectionOptions, Quantization][] = [
        [{ dimension: 63 }, 'none'],
        [{ dimension: 64 }, 'int8'],
        [{ dimension: 64, metric: 'l1' }, 'int8'],
        [{ dimension: 64, metric: 'hamming' }, '1bit'],
        [{ dimension: 8, metric: 'jaccard', quantization: 'none' }, '1bit'],
      ]
      for (const [n, [options, quantization]] of cases.entries()) {
        const c = await db.collection(String(n), options)
        expect((await c.stats()).quantization).toBe(quantization)
        await c.upsert(['a'], randomMatrix(1, options.dimension ?? 0, n))
        expect((await c.stats()).quantization).toBe(quantization)
      }
    })

    it('originals of f16 take half the bytes and come back rounded', async () => {
      const { c, db, matrix } = await filled({ originals: 'f16' }, 500)
      expect(await c.stats()).toMatchObject({ originals: 'f16' })
      const vector = (await c.get('id-7'))?.vector ?? new Float32Array(0)
      expect(vector).toHaveLength(DIMENSION)
      for (const [i, value] of vector.entries()) {
        expect(Math.abs(value - (matrix[7 * DIMENSION + i] ?? 0))).toBeLessThan(2 ** -11)
      }
      expect(vector).not.toEqual(row(matrix, DIMENSION, 7))
      await refused(db.collection('c', { originals: 'f32' }), 'OPTIONS_MISMATCH')
      await expect(db.collection('c', { originals: 'f16' })).resolves.toBe(c)
      const plain = await db.collection('plain', { dimension: DIMENSION })
      await plain.upsert(idsOf(500), matrix)
      const [halves, whole] = [await c.stats(), await plain.stats()]
      expect(halves.bytes.vectors).toBeLessThan(whole.bytes.vectors * 0.6)
    })
  })

  describe(`how far to look (${where})`, () => {
    it('is measured, so that a recall can be asked for', async () => {
      const { c } = await filled({ index: HNSW })
      const efs = await untilCalibrated(c)
      expect(efs['0.9']).toBeGreaterThanOrEqual(10)
      expect(efs['0.95']).toBeGreaterThanOrEqual(efs['0.9'])
      expect(efs['0.99']).toBeGreaterThanOrEqual(efs['0.95'])
      const queries = Array.from({ length: 100 }, (_, n) => randomMatrix(1, DIMENSION, 2_000 + n))
      const right = await c.searchMany(queries, { targetRecall: 1, include: [] })
      expect(right[0]?.info.plan.method).toBe('exact')
      for (const targetRecall of [0.9, 0.95, 0.99] as const) {
        const answers = await c.searchMany(queries, { targetRecall, include: [] })
        expect(answers[0]?.info.plan).toMatchObject({ method: 'graph', ef: efs[`${targetRecall}`] })
        const found = answers.flatMap((hits, n) => {
          const ids = new Set(right[n]?.map(({ id }) => id))
          return hits.filter(({ id }) => ids.has(id))
        })
        // What a hundred rows say of a hundred other queries is known to about a hundredth.
        expect(found.length / 1_000).toBeGreaterThan(targetRecall - 0.03)
      }
      const [asked] = await c.searchMany([queries[0] ?? ''], { include: [] })
      expect(asked?.info.plan.ef).toBe(efs['0.95'])
      const many = await c.search(queries[0] ?? '', { k: 100, include: [] })
      expect(many.info.plan.ef).toBeGreaterThanOrEqual(100)
    })

    it('is measured alike for vectors of any length', async () => {
      const db = await open()
      const matrix = randomMatrix(2_000, DIMENSION, 76)
      const efs = []
      for (const [n, length] of [1, 2 ** -20, 2 ** 20].entries()) {
        const c = await db.collection(String(n), {
          dimension: DIMENSION,
          metric: 'l2',
          index: HNSW,
        })
        await c.upsert(
          idsOf(2_000),
          matrix.map((value) => value * length),
        )
        efs.push(await untilCalibrated(c))
      }
      expect(efs[0]?.['0.95']).toBeGreaterThan(10)
      expect(efs[1]).toEqual(efs[0])
      expect(efs[2]).toEqual(efs[0])
    })

    it('is 64 before it was measured, and 160 for more than 0.95', async () => {
      const { c } = await filled({ index: HNSW }, 500)
      expect((await c.stats()).calibratedEf).toBeUndefined()
      const ef = async (targetRecall?: number) =>
        (await c.search(new Float32Array(DIMENSION).fill(1), { targetRecall })).info.plan.ef
      expect(await Promise.all([ef(), ef(0.9), ef(0.95), ef(0.99)])).toEqual([64, 64, 64, 160])
    })

    it('is the ef of the search, else that of the collection', async () => {
      const { c, db } = await filled({ index: { ...HNSW, efSearch: 33 } })
      const query = randomMatrix(1, DIMENSION, 71)
      const efOf = async (options: object) => (await c.search(query, options)).info.plan.ef
      expect(await efOf({})).toBe(33)
      expect(await efOf({ ef: 21 })).toBe(21)
      const { '0.9': measured } = await untilCalibrated(c)
      expect(await efOf({})).toBe(33)
      expect(await efOf({ targetRecall: 0.9 })).toBe(measured)
      await db.collection('c', { index: { ...HNSW, efSearch: 44 } })
      expect(await c.stats()).toMatchObject({ waiting: 0, calibratedEf: { '0.9': measured } })
      expect(await efOf({})).toBe(44)
    })

    it('under a filter that many pass is a walk as well, which answers only what matches', async () => {
      const db = await open()
      const c = await db.collection('c', {
        dimension: DIMENSION,
        index: HNSW,
        fields: { n: 'number' },
      })
      const matrix = randomMatrix(ROWS, DIMENSION, 72)
      await c.upsert(
        idsOf(ROWS).map((id, n) => ({ id, vector: row(matrix, DIMENSION, n), n: n % 100 })),
      )
      for (const [below, method] of [
        [50, 'graph'],
        [10, 'graph'],
        [5, 'scan'],
        [1, 'scan'],
      ] as const) {
        const filter = { n: { $lt: below } }
        let found = 0
        for (let n = 0; n < 10; n++) {
          const query = randomMatrix(1, DIMENSION, 73 + n)
          const hits = await c.search(query, { where: filter, ef: 200 })
          expect(hits.info.plan.method).toBe(method)
          expect(hits).toHaveLength(10)
          expect(hits.every(({ record }) => Number(record.n) < below)).toBe(true)
          const all = await c.search(query, { where: filter, targetRecall: 1 })
          const right = new Set(all.map(({ id }) => id))
          found += hits.filter(({ id }) => right.has(id)).length
        }
        expect(found / 100).toBeGreaterThan(0.95)
      }
    })
  })

  describe(`radius (${where})`, () => {
    it('takes all within it, or the k nearest of them', async () => {
      const { c } = await filled({ metric: 'l2', index: HNSW })
      const query = randomMatrix(1, DIMENSION, 74)
      const all = await c.search(query, { k: ROWS, targetRecall: 1 })
      const [inside, outside] = [all[99]?.distance ?? 0, all[100]?.distance ?? 0]
      const radius = (inside + outside) / 2
      const hits = await c.search(query, { radius })
      expect(hits.map(({ id }) => id)).toEqual(all.slice(0, 100).map(({ id }) => id))
      expect(hits.info.plan.method).toBe('exact')
      const nearest = await c.search(query, { radius, k: 5 })
      expect(nearest.map(({ id }) => id)).toEqual(all.slice(0, 5).map(({ id }) => id))
      expect(await c.search(query, { radius: 0 })).toHaveLength(0)
    })

    it('may be below 0 under dot alone', async () => {
      const db = await open()
      const dot = await db.collection('dot', { dimension: 1, metric: 'dot' })
      await dot.upsert(['1', '2', '3'], Float32Array.of(1, 2, 3))
      const hits = await dot.search([2], { radius: -4 })
      expect(hits.map(({ id }) => id)).toEqual(['3', '2'])
      const l2 = await db.collection('l2', { dimension: 1, metric: 'l2' })
      await refused(l2.search([2], { radius: -4 }), 'INVALID_OPTION')
    })

    it('goes with a filter, a record as the query, and batches', async () => {
      const c = await (
        await open()
      ).collection('c', { dimension: 1, metric: 'l1', fields: { even: 'boolean' } })
      const next = random(75)
      const values = Array.from({ length: 200 }, () => next() * 10)
      await c.upsert(
        values.map((value, n) => ({ id: String(n), vector: [value], even: n % 2 === 0 })),
      )
      const within = (value: number) =>
        values.flatMap((each, n) =>
          Math.abs(Math.fround(each) - value) <= 1 && n % 2 === 0 ? [String(n)] : [],
        )
      const options = { radius: 1, where: { even: true } } as const
      const [byVector, byRecord] = await c.searchMany([[5], { id: '8' }], options)
      expect(byVector?.map(({ id }) => id).sort()).toEqual(within(5).sort())
      const others = within(Math.fround(values[8] ?? 0)).filter((id) => id !== '8')
      expect(byRecord?.map(({ id }) => id).sort()).toEqual(others.sort())
    })
  })

  describe(`refusals of options (${where})`, () => {
    it('refuses what says how far to look twice, or not at all', async () => {
      const c = await (await open()).collection('c', { dimension: 1 })
      await c.upsert({ id: 'a', vector: [1] })
      const bad: object[] = [
        { ef: 10, targetRecall: 0.9 },
        { ef: null },
        ...[0.49, 1.01, NaN, '0.9', null].map((targetRecall) => ({ targetRecall })),
        ...[-1, NaN, Infinity, '1', null].map((radius) => ({ radius })),
      ]
      for (const options of bad) await refused(c.search([1], options), 'INVALID_OPTION')
      await refused(c.search([1], { k: null as never }), 'INVALID_K')
      const db = await open()
      for (const options of [{ originals: 'f64' }, { quantization: 'f8' }, { metric: 'L1' }]) {
        await refused(db.collection('d', options as never), 'INVALID_OPTION')
      }
      for (const efSearch of [0, 1e6, 'many']) {
        const index = { type: 'hnsw', efSearch: efSearch as number } as const
        await refused(db.collection('d', { index }), 'INVALID_OPTION')
      }
    })

    it('refuses options that are no object', async () => {
      const db = await open()
      const c = await db.collection('c', { dimension: 1 })
      await c.upsert({ id: 'a', vector: [1] })
      for (const options of [null, 5, 'k', true, []] as never[]) {
        await refused(c.search([1], options), 'INVALID_OPTION')
        await refused(c.searchMany([[1]], options), 'INVALID_OPTION')
        await refused(c.upsert({ id: 'b', vector: [1] }, options), 'INVALID_OPTION')
        await refused(c.upsert(['b'], Float32Array.of(1), options), 'INVALID_OPTION')
        await refused(c.update('a', { n: 1 }, options), 'INVALID_OPTION')
        await refused(db.collection('d', options), 'INVALID_OPTION')
      }
      for (const queries of [null, 'text', 5, {}] as never[]) {
        await refused(c.searchMany(queries), 'INVALID_OPTION')
      }
      for (const query of [null, 5, {}] as never[]) {
        await refused(c.search(query), 'INVALID_VECTOR')
      }
      await refused(c.delete(null as never), 'INVALID_ID')
      await refused(c.count(null as never), 'INVALID_FILTER')
      expect(await c.count()).toBe(1)
      expect(await db.collections()).toEqual(['c'])
    })
  })
}
