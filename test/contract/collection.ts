import { afterEach, describe, expect, it } from 'vitest'
import type { Database, Embedder, OpenOptions, Progress, QuiverErrorCode } from 'quiverdb'
import { describeFilters } from './filters.ts'
import { describeTuning } from './tuning.ts'
import { cosine, idsOf, nearestByCosine, randomMatrix, row } from '../support/vectors.ts'

/** One way to have a database: on this thread or behind a worker, in memory or in IndexedDB. */
export interface Place {
  open(name: string, options?: OpenOptions): Promise<Database>
  deleteDatabase(name: string): Promise<void>
  readonly storage: 'memory' | 'indexeddb'
}

/** Expects a call to fail with a code and a message that helps. */
export type Refused = (call: Promise<unknown>, code: QuiverErrorCode) => Promise<void>

/** What every `Database` and `Collection` does, wherever it lives. */
export function describeCollection(where: string, place: Place): void {
  const opened = new Set<string>()
  let next = 0

  async function open(name = `contract-${where}-${String(next++)}`): Promise<Database> {
    opened.add(name)
    return place.open(name, { storage: place.storage })
  }

  afterEach(async () => {
    for (const name of opened) await place.deleteDatabase(name)
    opened.clear()
  })

  async function refused(call: Promise<unknown>, code: QuiverErrorCode): Promise<void> {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ name: 'QuiverError', code })
    expect((error as Error).message.length).toBeGreaterThan(20)
  }

  describeFilters(where, open, refused)
  describeTuning(where, open, refused)

  describe(`writing and reading (${where})`, () => {
    it('gives a record back as it was written, the vector bit for bit', async () => {
      const db = await open()
      const c = await db.collection('c', {
        dimension: 3,
        fields: { year: 'number', lang: 'keyword', seen: 'date' },
      })
      const vector = new Float32Array([0.1, -2.5, 3e-20])
      const record = {
        id: 'a',
        vector,
        text: 'the cat sat',
        year: 2026,
        lang: 'en',
        seen: new Date('2026-01-31T10:00:00Z'),
        nested: { list: [1, 'two', null, { $date: 'not a date' }], deep: { yes: true } },
      }
      await expect(c.upsert(record)).resolves.toEqual({ inserted: 1, updated: 0 })
      await expect(c.get('a')).resolves.toEqual(record)
      await expect(c.get('b')).resolves.toBeUndefined()
    })

    it('replaces whole records and says how many were there', async () => {
      const c = await (await open()).collection('c', { dimension: 2 })
      await c.upsert([
        { id: 'a', vector: [1, 0], note: 'old' },
        { id: 'b', vector: [0, 1] },
      ])
      const result = await c.upsert([
        { id: 'a', vector: [0, 1] },
        { id: 'c', vector: [1, 1] },
      ])
      expect(result).toEqual({ inserted: 1, updated: 1 })
      expect(await c.count()).toBe(3)
      expect(await c.get('a')).toEqual({ id: 'a', vector: new Float32Array([0, 1]) })
    })

    it('takes ids and a matrix', async () => {
      const c = await (await open()).collection('c', { dimension: 8 })
      const matrix = randomMatrix(3000, 8, 1)
      expect(await c.upsert(idsOf(3000), matrix)).toEqual({ inserted: 3000, updated: 0 })
      expect(await c.count()).toBe(3000)
      expect((await c.get('id-2999'))?.vector).toEqual(row(matrix, 8, 2999))
      expect(matrix.length).toBe(24_000)
    })

    it('merges an update, and null takes a property away', async () => {
      const c = await (await open()).collection('c', { dimension: 2, fields: { year: 'number' } })
      await c.upsert({ id: 'a', vector: [1, 0], year: 2020, note: 'x' })
      await c.update('a', { year: 2027, note: null, more: [1] })
      expect(await c.get('a')).toEqual({
        id: 'a',
        vector: new Float32Array([1, 0]),
        year: 2027,
        more: [1],
      })
      expect(await c.count({ year: 2027 })).toBe(1)
      expect(await c.count({ year: 2020 })).toBe(0)
      await c.update('a', { vector: [0, 1] })
      expect((await c.search([0, 1], { k: 1 }))[0]?.score).toBeCloseTo(1, 5)
      await refused(c.update('nobody', { year: 1 }), 'NOT_FOUND')
      await refused(c.update('a', { vector: null }), 'INVALID_RECORD')
    })

    it('loses no update when many come at once', async () => {
      const c = await (await open()).collection('c', { dimension: 1 })
      await c.upsert({ id: 'a', vector: [1] })
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => c.update('a', { [`p${String(n)}`]: n })),
      )
      expect(Object.keys((await c.get('a')) ?? {})).toHaveLength(22)
    })

    it('keeps what an update may not change', async () => {
      const c = await (await open()).collection('c')
      await c.upsert([
        { id: 'a', text: 'a cat' },
        { id: 'dot', text: '.' },
      ])
      await refused(c.update('a', { text: null }), 'INVALID_RECORD')
      await refused(c.update('a', { text: ' ' }), 'INVALID_RECORD')
      await refused(c.update('a', { id: 'b' }), 'INVALID_ID')
      await c.update('a', { id: 'a', note: 1 })
      expect(await c.get('a')).toEqual({ id: 'a', text: 'a cat', note: 1 })
      await refused(c.update('dot', { vector: [1, 2] }), 'DIMENSION_MISMATCH')
    })

    it('fixes the dimension also by an update', async () => {
      const c = await (await open()).collection('c')
      await c.upsert({ id: 'dot', text: '.' })
      await c.update('dot', { vector: [1, 2, 3] })
      await refused(c.upsert({ id: 'b', vector: [5, 6] }), 'DIMENSION_MISMATCH')
      expect((await c.search([1, 2, 3])).map(({ id }) => id)).toEqual(['dot'])
    })

    it('deletes by id, by ids and by filter', async () => {
      const c = await (await open()).collection('c', { dimension: 1, fields: { n: 'number' } })
      await c.upsert(
        Array.from({ length: 10 }, (_, n) => ({ id: `r${String(n)}`, vector: [1 + n], n })),
      )
      expect(await c.delete('r0')).toBe(1)
      expect(await c.delete('r0')).toBe(0)
      expect(await c.delete(['r1', 'r2', 'r2', 'nobody'])).toBe(2)
      expect(await c.delete({ where: { n: { $gte: 8 } } })).toBe(2)
      expect(await c.count()).toBe(5)
      const left = await c.search([1], { k: 100 })
      expect(left.map(({ id }) => id).sort()).toEqual(['r3', 'r4', 'r5', 'r6', 'r7'])
      await refused(c.delete({ where: undefined as never }), 'INVALID_ID')
      expect(await c.count()).toBe(5)
    })

    it('sees every resolved write in the next call', async () => {
      const c = await (await open()).collection('c', { dimension: 4 })
      for (let n = 0; n < 30; n++) {
        const vector = randomMatrix(1, 4, n)
        await c.upsert({ id: String(n), vector })
        const [hit] = await c.search(vector, { k: 1 })
        expect(hit?.id).toBe(String(n))
      }
    })

    it('reports progress from start to end', async () => {
      const c = await (await open()).collection('c')
      const seen: Progress[] = []
      const records = Array.from({ length: 700 }, (_, n) => ({
        id: String(n),
        text: `cat ${String(n)}`,
      }))
      await c.upsert(records, { onProgress: (progress) => seen.push(progress) })
      for (const phase of ['embedding', 'writing'] as const) {
        const steps = seen.filter((progress) => progress.phase === phase)
        expect(steps.at(0)).toEqual({ phase, done: 0, total: 700 })
        expect(steps.at(-1)).toEqual({ phase, done: 700, total: 700 })
      }
    })
  })

  describe(`searching (${where})`, () => {
    it('agrees with an exact search in f64', async () => {
      const c = await (await open()).collection('c', { dimension: 96 })
      const matrix = randomMatrix(2000, 96, 7)
      await c.upsert(idsOf(2000), matrix)
      for (let n = 0; n < 20; n++) {
        const query = randomMatrix(1, 96, 1000 + n)
        const hits = await c.search(query, { k: 10, include: ['distance'] })
        const expected = nearestByCosine(matrix, 96, query, 10)
        expect(hits.map(({ id }) => id)).toEqual(expected.map((each) => `id-${String(each)}`))
        for (const [i, hit] of hits.entries()) {
          expect(hit.score).toBeCloseTo(cosine(query, row(matrix, 96, expected[i] ?? 0)), 4)
          expect(hit.distance).toBeCloseTo(1 - hit.score, 5)
        }
      }
    })

    it('scores by metric', async () => {
      const db = await open()
      const dot = await db.collection('dot', { dimension: 2, metric: 'dot' })
      const l2 = await db.collection('l2', { dimension: 2, metric: 'l2' })
      for (const c of [dot, l2]) await c.upsert({ id: 'a', vector: [3, 4] })
      const [byDot] = await dot.search([2, 1])
      expect(byDot?.score).toBeCloseTo(10, 4)
      expect(byDot?.distance).toBeCloseTo(-10, 4)
      const [byL2] = await l2.search([0, 0])
      expect(byL2?.distance).toBeCloseTo(5, 4)
      expect(byL2?.score).toBeCloseTo(1 / 6, 5)
    })

    it('builds a graph that finds what an exact search finds', async () => {
      const c = await (
        await open()
      ).collection('c', {
        dimension: 32,
        index: { type: 'hnsw', M: 16, efConstruction: 100 },
      })
      const matrix = randomMatrix(4000, 32, 3)
      const phases = new Set<string>()
      await c.upsert(idsOf(4000), matrix, { onProgress: ({ phase }) => phases.add(phase) })
      expect(phases).toContain('indexing')
      expect(await c.stats()).toMatchObject({ index: 'hnsw', waiting: 0, rows: 4000 })
      let found = 0
      for (let n = 0; n < 50; n++) {
        const query = randomMatrix(1, 32, 2000 + n)
        const hits = await c.search(query, { k: 10, ef: 200, include: [] })
        expect(hits.info.plan.method).toBe('graph')
        const ids = new Set(hits.map(({ id }) => id))
        const expected = nearestByCosine(matrix, 32, query, 10)
        found += expected.filter((each) => ids.has(`id-${String(each)}`)).length
      }
      expect(found / 500).toBeGreaterThan(0.95)
    })

    it('answers only what matches, and all of it', async () => {
      const c = await (
        await open()
      ).collection('c', {
        dimension: 16,
        fields: { n: 'number', kind: 'keyword', tags: 'keyword[]' },
      })
      const matrix = randomMatrix(500, 16, 5)
      await c.upsert(
        Array.from({ length: 500 }, (_, n) => ({
          id: `id-${String(n)}`,
          vector: row(matrix, 16, n),
          n,
          kind: n % 2 ? 'odd' : 'even',
          tags: n % 3 ? ['x'] : ['x', 'third'],
        })),
      )
      const query = randomMatrix(1, 16, 99)
      const hits = await c.search(query, {
        k: 100,
        where: { kind: 'even', n: { $gte: 400 }, tags: 'third' },
      })
      const expected = Array.from({ length: 500 }, (_, n) => n).filter(
        (n) => n % 2 === 0 && n >= 400 && n % 3 === 0,
      )
      expect(hits.map(({ record }) => record.n).sort()).toEqual(expected.map(Number).sort())
      expect(await c.count({ $or: [{ n: 1 }, { n: 2 }], $not: { kind: 'odd' } })).toBe(1)
      await refused(c.search(query, { where: { nobody: 1 } as never }), 'INVALID_FILTER')
      await refused(c.count({ n: { $like: 1 } } as never), 'INVALID_FILTER')
    })

    it('includes what is asked for and nothing else', async () => {
      const c = await (await open()).collection('c', { dimension: 2 })
      await c.upsert({ id: 'a', vector: [1, 0], text: 'one' })
      expect([...(await c.search([1, 0], { include: [] }))]).toEqual([{ id: 'a', score: 1 }])
      const [all] = await c.search([1, 0], { include: ['record', 'vector', 'distance'] })
      expect(all).toEqual({
        id: 'a',
        score: 1,
        distance: 0,
        vector: new Float32Array([1, 0]),
        record: { id: 'a', text: 'one' },
      })
    })

    it('finds more like a record, which is not its own neighbour', async () => {
      const c = await (await open()).collection('c', { dimension: 2 })
      await c.upsert([
        { id: 'a', vector: [1, 0] },
        { id: 'b', vector: [1, 0.1] },
        { id: 'c', vector: [0, 1] },
      ])
      const hits = await c.search({ id: 'a' }, { k: 10 })
      expect(hits.map(({ id }) => id)).toEqual(['b', 'c'])
      await refused(c.search({ id: 'nobody' }), 'NOT_FOUND')
      await refused(c.search({ id: 5 as never }), 'INVALID_ID')
    })

    it('answers many queries in order, of every kind', async () => {
      const c = await (await open()).collection('c')
      await c.upsert([
        { id: 'pet', text: 'a cat sleeping on the sofa' },
        { id: 'money', text: 'the stock market fell sharply' },
      ])
      const vector = (await c.search('cat', { k: 1, include: ['vector'] }))[0]?.vector
      const answers = await c.searchMany(['financial crisis', vector ?? [], { id: 'pet' }], {
        k: 1,
      })
      expect(answers.map((hits) => hits[0]?.id)).toEqual(['money', 'pet', 'money'])
      expect(await c.searchMany([])).toEqual([])
    })

    it('leaves out what scores too low', async () => {
      const c = await (await open()).collection('c', { dimension: 2 })
      await c.upsert([
        { id: 'near', vector: [1, 0.1] },
        { id: 'far', vector: [-1, 0] },
      ])
      expect((await c.search([1, 0], { minScore: 0.5 })).map(({ id }) => id)).toEqual(['near'])
    })
  })

  describe(`embedding (${where})`, () => {
    it('embeds with the shipped model when nothing is said', async () => {
      const c = await (await open()).collection('c')
      await c.upsert([
        { id: 'a', text: 'the cat sat on the mat' },
        { id: 'b', text: 'quarterly earnings of the company' },
      ])
      const hits = await c.search('feline resting')
      expect(hits.map(({ id }) => id)).toEqual(['a', 'b'])
      expect(await c.get('a')).toEqual({ id: 'a', text: 'the cat sat on the mat' })
      expect(await c.stats()).toMatchObject({ dimension: 256, embedder: 'static:en-256-v1' })
    })

    it('keeps a text without meaning, which no vector finds', async () => {
      const c = await (await open()).collection('c')
      await c.upsert([
        { id: 'dot', text: '.' },
        { id: 'words', text: 'some words' },
      ])
      expect(await c.count()).toBe(2)
      expect(await c.get('dot')).toEqual({ id: 'dot', text: '.' })
      expect((await c.search('words', { k: 10 })).map(({ id }) => id)).toEqual(['words'])
      expect(await c.search('.')).toHaveLength(0)
      expect(await c.search({ id: 'dot' })).toHaveLength(0)
    })

    it('calls an embedder that is code, and embeds again when the text changes', async () => {
      const roles: string[] = []
      const letters: Embedder = {
        id: 'test:letters',
        dimension: undefined,
        maxTokens: undefined,
        embed: (texts, { role }) => {
          roles.push(role)
          const vectors = texts.flatMap((text) =>
            ['a', 'b', 'c'].map((c) => text.split(c).length - 1),
          )
          return Promise.resolve(Float32Array.from(vectors))
        },
      }
      const db = await open()
      const c = await db.collection('c', { embedder: letters })
      await c.upsert([
        { id: 'x', text: 'aaab' },
        { id: 'y', text: 'ccb' },
      ])
      expect((await c.search('aaaa', { k: 1 }))[0]?.id).toBe('x')
      await c.update('x', { text: 'bbbb' })
      expect((await c.search('b', { k: 1 }))[0]?.id).toBe('x')
      expect(new Set(roles)).toEqual(new Set(['document', 'query']))
      await refused(
        db.collection('c', { embedder: { ...letters, id: 'test:other' } }),
        'EMBEDDER_MISMATCH',
      )
      const failing = { ...letters, id: 'test:fails', embed: () => Promise.reject(new Error('no')) }
      const f = await db.collection('f', { embedder: failing })
      await refused(f.upsert({ id: 'a', text: 'abc' }), 'EMBEDDING_FAILED')
      const wrong = {
        ...letters,
        id: 'test:wrong',
        embed: () => Promise.resolve(new Float32Array(7)),
      }
      const w = await db.collection('w', { embedder: wrong })
      await refused(
        w.upsert([
          { id: 'a', text: 'a' },
          { id: 'b', text: 'b' },
        ]),
        'EMBEDDING_FAILED',
      )
      expect(await w.count()).toBe(0)
    })
  })

  describe(`refusals (${where})`, () => {
    it('refuses bad records, and nothing of the batch is written', async () => {
      const c = await (await open()).collection('c', { dimension: 2, fields: { n: 'number' } })
      await c.upsert({ id: 'kept', vector: [1, 0] })
      const good = { id: 'good', vector: [0, 1] }
      const cases: [QuiverErrorCode, unknown][] = [
        ['DIMENSION_MISMATCH', { id: 'a', vector: [1, 2, 3] }],
        ['DIMENSION_MISMATCH', { id: 'a', vector: [1] }],
        ['INVALID_VECTOR', { id: 'a', vector: [] }],
        ['INVALID_VECTOR', { id: 'a', vector: [1, NaN] }],
        ['INVALID_VECTOR', { id: 'a', vector: [Infinity, 1] }],
        ['INVALID_VECTOR', { id: 'a', vector: [1e39, 1] }],
        ['INVALID_VECTOR', { id: 'a', vector: new Float32Array([NaN, 1]) }],
        ['INVALID_VECTOR', { id: 'a', vector: [0, 0] }],
        ['INVALID_VECTOR', { id: 'a', vector: ['1', '2'] }],
        ['INVALID_VECTOR', { id: 'a', vector: '1,2' }],
        ['INVALID_VECTOR', { id: 'a', vector: { 0: 1, 1: 2 } }],
        ['INVALID_RECORD', { id: 'a', text: '  \n ' }],
        ['INVALID_RECORD', { id: 'a' }],
        ['INVALID_RECORD', { id: 'a', text: 5 }],
        ['INVALID_RECORD', { id: 'a', vector: [1, 1], n: 'five' }],
        ['INVALID_RECORD', { id: 'a', vector: [1, 1], big: 5n }],
        ['INVALID_RECORD', { id: 'a', vector: [1, 1], call: () => 1 }],
        ['INVALID_RECORD', 'a string'],
        ['INVALID_RECORD', null],
        ['INVALID_ID', { vector: [1, 1] }],
        ['INVALID_ID', { id: '', vector: [1, 1] }],
        ['INVALID_ID', { id: 7, vector: [1, 1] }],
        ['INVALID_ID', { id: 'é'.repeat(257), vector: [1, 1] }],
        ['INVALID_ID', { id: '\ud800', vector: [1, 1] }],
        ['DUPLICATE_ID', { id: 'good', vector: [1, 1] }],
      ]
      for (const [code, bad] of cases) {
        await refused(c.upsert([good, bad] as never), code)
        expect(await c.count()).toBe(1)
      }
      await refused(c.upsert(['a'], new Float32Array(3)), 'DIMENSION_MISMATCH')
      await refused(c.upsert(['a', 'b'], new Float32Array(3)), 'DIMENSION_MISMATCH')
      await refused(c.upsert(['a', 'a'], Float32Array.of(1, 2, 3, 4)), 'DUPLICATE_ID')
      await refused(c.upsert(['a'], Float32Array.of(0, 0)), 'INVALID_VECTOR')
      await refused(c.upsert({ id: 'a', text: 'words' }), 'NO_EMBEDDER')
      await refused(c.search('words'), 'NO_EMBEDDER')
      expect((await c.search([1, 0])).map(({ id }) => id)).toEqual(['kept'])
      await expect(c.upsert(good)).resolves.toEqual({ inserted: 1, updated: 0 })
    })

    it('refuses bad searches', async () => {
      const c = await (await open()).collection('c', { dimension: 2 })
      await c.upsert({ id: 'a', vector: [1, 0] })
      for (const k of [0, -1, 1.5, NaN, Infinity, '3' as never]) {
        await refused(c.search([1, 0], { k }), 'INVALID_K')
      }
      await refused(c.search([1, 0, 0]), 'DIMENSION_MISMATCH')
      await refused(c.search([0, 0]), 'INVALID_VECTOR')
      await refused(c.search([NaN, 0]), 'INVALID_VECTOR')
      await refused(c.search(['1', '0'] as never), 'INVALID_VECTOR')
      await refused(c.search([1, 0], { ef: 0 }), 'INVALID_OPTION')
      await refused(c.search([1, 0], { include: ['all' as never] }), 'INVALID_OPTION')
      await refused(c.search([1, 0], { mode: 'magic' as never }), 'INVALID_OPTION')
      expect(await c.search([1, 0], { k: 1e9 })).toHaveLength(1)
    })

    it('refuses bad options', async () => {
      for (const options of [null, 5, []] as never[]) {
        await refused(place.open(`contract-${where}-refused`, options), 'INVALID_OPTION')
      }
      const db = await open()
      const bad = async (options: object, code: QuiverErrorCode): Promise<void> => {
        await refused(db.collection('c', options), code)
      }
      await bad({ dimension: -1 }, 'INVALID_OPTION')
      await bad({ dimension: 0 }, 'INVALID_OPTION')
      await bad({ dimension: 2.5 }, 'INVALID_OPTION')
      await bad({ metric: 'taxicab' }, 'INVALID_OPTION')
      await bad({ index: { type: 'tree' } }, 'INVALID_OPTION')
      await bad({ index: { type: 'hnsw', M: 1 } }, 'INVALID_OPTION')
      await bad({ quantization: 'int3' }, 'INVALID_OPTION')
      await bad({ fields: { vector: 'number' } }, 'INVALID_OPTION')
      await bad({ fields: { a: 'int' } }, 'INVALID_OPTION')
      await refused(db.collection(''), 'INVALID_OPTION')
      expect(await db.collections()).toEqual([])
      await db.collection('c', { dimension: 2, metric: 'l2', fields: { a: 'number' } })
      await bad({ dimension: 3 }, 'OPTIONS_MISMATCH')
      await bad({ metric: 'dot' }, 'OPTIONS_MISMATCH')
      await bad({ fields: { a: 'keyword' } }, 'OPTIONS_MISMATCH')
      await expect(db.collection('c')).resolves.toMatchObject({ name: 'c' })
    })

    it('stops when it is told to', async () => {
      const c = await (await open()).collection('c')
      await refused(c.upsert({ id: 'a', text: 'cat' }, { signal: AbortSignal.abort() }), 'ABORTED')
      await refused(c.search('cat', { signal: AbortSignal.abort() }), 'ABORTED')
      const controller = new AbortController()
      const records = Array.from({ length: 20_000 }, (_, n) => ({
        id: String(n),
        text: `cat ${String(n)}`,
      }))
      const writing = c.upsert(records, {
        signal: controller.signal,
        onProgress: () => {
          controller.abort()
        },
      })
      await refused(writing, 'ABORTED')
      expect(await c.count()).toBe(0)
      await c.upsert({ id: 'a', text: 'cat' })
      expect(await c.count()).toBe(1)
    })

    it('stops waiting for an embedder that does not look at the signal', async () => {
      const never: Embedder = {
        id: 'test:never',
        dimension: 2,
        maxTokens: undefined,
        embed: () => new Promise(() => undefined),
      }
      const c = await (await open()).collection('c', { embedder: never })
      const controller = new AbortController()
      const writing = c.upsert({ id: 'a', text: 'cat' }, { signal: controller.signal })
      setTimeout(() => {
        controller.abort()
      }, 20)
      await refused(writing, 'ABORTED')
    })

    it('does or refuses a write beside the deletion of its collection', async () => {
      const db = await open()
      const c = await db.collection('c', { dimension: 1 })
      const deleting = db.deleteCollection('c')
      const writing = c.upsert({ id: 'a', vector: [1] }).catch((error: unknown) => error)
      await deleting
      expect([
        { inserted: 1, updated: 0 },
        expect.objectContaining({ code: 'CLOSED' }),
      ]).toContainEqual(await writing)
      expect(await db.collections()).toEqual([])
      await refused(c.upsert({ id: 'a', vector: [1] }), 'CLOSED')
    })

    it('answers CLOSED once closed, and the other handle goes on', async () => {
      const name = `contract-${where}-two-handles`
      const one = await open(name)
      const two = await open(name)
      const c1 = await one.collection('c', { dimension: 1 })
      const c2 = await two.collection('c')
      // Long enough to be sent in several messages: all of it is a call in flight.
      const writing = c1.upsert(idsOf(3000).map((id) => ({ id, vector: [1] })))
      await one.close()
      await one.close()
      await expect(writing).resolves.toEqual({ inserted: 3000, updated: 0 })
      await refused(c1.count(), 'CLOSED')
      await refused(one.collections(), 'CLOSED')
      expect(await c2.count()).toBe(3000)
      await two.deleteCollection('c')
      await refused(c2.count(), 'CLOSED')
      expect(await two.collections()).toEqual([])
      const again = await two.collection('c', { dimension: 1 })
      expect(await again.count()).toBe(0)
      expect(await two.collection('c')).toBe(again)
      await two.close()
    })

    it('answers CLOSED once the database is deleted', async () => {
      const name = `contract-${where}-deleted`
      const db = await open(name)
      const c = await db.collection('c', { dimension: 1 })
      await c.upsert({ id: 'a', vector: [1] })
      await place.deleteDatabase(name)
      await refused(c.count(), 'CLOSED')
      await refused(db.collection('c'), 'CLOSED')
      const again = await open(name)
      expect(await again.collections()).toEqual([])
    })
  })

  describe(`works all the same (${where})`, () => {
    it('with names and ids of any characters', async () => {
      const names = ['naïve/“☃” ../x', '__proto__', 'constructor', ' ', '日本語']
      const db = await open(`contract-${where}-naïve/“☃” ../x`)
      for (const name of names) {
        const c = await db.collection(name, { dimension: 2 })
        await c.upsert(names.map((id, n) => ({ id, vector: [1, n] })))
        for (const id of names) expect((await c.get(id))?.id).toBe(id)
        expect((await c.search([1, 0], { k: 10 })).map(({ id }) => id)).toEqual(names)
      }
      expect(await db.collections()).toEqual(names)
      const stats = await db.stats()
      expect(Object.keys(stats.collections)).toHaveLength(names.length)
    })

    it('with a property named __proto__', async () => {
      const c = await (await open()).collection('c', { dimension: 1 })
      const record = JSON.parse('{"id":"a","vector":[1],"__proto__":{"admin":true}}') as {
        id: string
      }
      await c.upsert(record)
      const found = (await c.get('a')) as Record<string, unknown>
      expect(Object.hasOwn(found, '__proto__')).toBe(true)
      expect(found['admin']).toBeUndefined()
    })

    it('with 10 MB of text in one record', async () => {
      const c = await (await open()).collection('c')
      const text = 'the quick brown fox jumps over the lazy dog. '.repeat(233_017)
      expect(text.length).toBeGreaterThan(10 * 1024 * 1024)
      await c.upsert([
        { id: 'long', text },
        { id: 'short', text: 'a market report' },
      ])
      expect((await c.get('long'))?.text).toBe(text)
      expect((await c.search('fox and dog', { k: 1, include: [] }))[0]?.id).toBe('long')
    })

    it('with nothing in it', async () => {
      const db = await open()
      const c = await db.collection('c')
      expect(await c.search('anything')).toHaveLength(0)
      expect(await c.search([1, 2, 3])).toHaveLength(0)
      expect(await c.count()).toBe(0)
      expect(await c.delete('a')).toBe(0)
      expect(await c.upsert([])).toEqual({ inserted: 0, updated: 0 })
      expect(await c.stats()).toMatchObject({ rows: 0 })
      await db.deleteCollection('nobody')
    })

    it('with the dimension fixed by the first vector, also when all records go', async () => {
      const c = await (await open()).collection('c')
      await c.upsert({ id: 'a', vector: [1, 2, 3] })
      await c.delete('a')
      expect(await c.search([1, 2, 3])).toHaveLength(0)
      await refused(c.upsert({ id: 'b', vector: [1, 2] }), 'DIMENSION_MISMATCH')
      await refused(c.search('text'), 'NO_EMBEDDER')
    })

    it('with many writers at once', async () => {
      const c = await (await open()).collection('c', { dimension: 4 })
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          c.upsert({ id: String(n % 50), vector: randomMatrix(1, 4, n) }),
        ),
      )
      const inserted = results.reduce((sum, result) => sum + result.inserted, 0)
      expect(inserted).toBe(50)
      expect(await c.count()).toBe(50)
      expect(await c.search([1, 1, 1, 1], { k: 1000 })).toHaveLength(50)
    })

    it('when one collection is opened twice at once with different options', async () => {
      const db = await open()
      const settled = await Promise.allSettled([
        db.collection('m', { dimension: 1, metric: 'l2' }),
        db.collection('m', { dimension: 1, metric: 'dot' }),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      await db.collection('f', { dimension: 1 })
      const [a, b] = await Promise.all([
        db.collection('f', { fields: { a: 'number' } }),
        db.collection('f', { fields: { b: 'number' } }),
      ])
      await a.upsert({ id: 'x', vector: [1], a: 1, b: 2 })
      expect([await a.count({ a: 1 }), await b.count({ b: 2 })]).toEqual([1, 1])
    })

    it('with fields and codes changed later', async () => {
      const db = await open()
      const c = await db.collection('c', { dimension: 64 })
      const matrix = randomMatrix(100, 64, 1)
      await c.upsert(
        Array.from({ length: 100 }, (_, n) => ({ id: String(n), vector: row(matrix, 64, n), n })),
      )
      await refused(c.count({ n: 5 } as never), 'INVALID_FILTER')
      const wider = await db.collection('c', { fields: { n: 'number' }, quantization: 'none' })
      expect(await wider.count({ n: { $lt: 5 } })).toBe(5)
      expect(await wider.stats()).toMatchObject({ quantization: 'none', rows: 100 })
      expect((await wider.get('7'))?.vector).toEqual(row(matrix, 64, 7))
    })

    it('after most records were replaced again and again', async () => {
      const c = await (await open()).collection('c', { dimension: 8 })
      for (let round = 0; round < 8; round++) {
        await c.upsert(idsOf(600), randomMatrix(600, 8, round))
      }
      expect(await c.count()).toBe(600)
      const last = randomMatrix(600, 8, 7)
      for (const n of [0, 299, 599]) {
        const [hit] = await c.search(row(last, 8, n), { k: 1 })
        expect(hit?.id).toBe(`id-${String(n)}`)
      }
      expect(await c.search([1, 1, 1, 1, 1, 1, 1, 1], { k: 5000 })).toHaveLength(600)
    })
  })
}
