/** A leader and a follower in one process, with a real channel between them. */
import { afterEach, expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { DatabaseHandle } from '../../../src/collection/handles.ts'
import type { CallOptions, Progress } from '../../../src/contract/api.ts'
import type { Embedder } from '../../../src/contract/embedder.ts'
import type { TabCalls, TabMethod } from '../../../src/contract/tabs.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { randomId } from '../../../src/tabs/channel.ts'
import { Following } from '../../../src/tabs/following.ts'
import { Leading } from '../../../src/tabs/leading.ts'
import { idsOf, randomMatrix } from '../../support/vectors.ts'

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

type Ask = <M extends TabMethod>(
  method: M,
  args: Parameters<TabCalls[M]>,
  options?: CallOptions,
  embedder?: Embedder,
) => Promise<ReturnType<TabCalls[M]>>

async function pair(): Promise<{ ask: Ask; database: LocalDatabase }> {
  const storage = await openMemoryStorage('pipe')
  const database = await LocalDatabase.open('pipe', referenceEngine, storage)
  const handle = new DatabaseHandle(database, () => database.close())
  const nothing = (): undefined => undefined
  const listener = { changed: nothing, written: nothing, lost: nothing }
  const leading = new Leading(randomId(), handle, undefined, listener)
  const member = randomId()
  const following = await new Promise<Following>((resolve) => {
    const following: Following = new Following(leading.term, member, {
      welcomed: () => {
        resolve(following)
      },
      alive: () => undefined,
      changed: nothing,
      written: nothing,
      closed: () => undefined,
    })
    leading.join(member, 'strict')
  })
  opened.push(async () => {
    following.end()
    await leading.end()
  })
  let n = 1
  const ask: Ask = (method, args, options = {}, embedder) =>
    new Promise((resolve, reject) => {
      const call = { n: n++, method, args, options, embedder, isUsedUp: false, reject }
      following.send({ ...call, resolve: resolve }, 1)
    })
  return { ask, database }
}

async function withCollection(dimension = 4) {
  const { ask, database } = await pair()
  const number = await ask('open', ['c', { dimension }])
  return { ask, database, c: { name: 'c', number } }
}

it('answers every call as the database itself would', async () => {
  const { ask, c, database } = await withCollection()
  const matrix = randomMatrix(3, 4, 1)
  const ids = idsOf(3)
  expect(await ask('upsert', [c, [{ ids, matrix }]])).toEqual({ inserted: 3, updated: 0 })
  await ask('update', [c, ids[0]!, { name: 'x' }])
  expect(await ask('get', [c, ids[0]!])).toEqual({
    id: ids[0],
    name: 'x',
    vector: matrix.slice(0, 4),
  })
  const query = matrix.slice(4, 8)
  const [found] = await ask('searchMany', [c, [query], { k: 1 }])
  expect(found?.hits[0]?.id).toBe(ids[1])
  expect(found?.info.plan.method).toBeDefined()
  expect(await ask('count', [c, undefined])).toBe(3)
  expect(await ask('delete', [c, [ids[2]!, 'nobody']])).toBe(1)
  expect(await ask('collectionStats', [c])).toMatchObject({ rows: 2, dimension: 4 })
  expect(await ask('stats', [])).toMatchObject({ name: 'pipe' })
  expect(await ask('collections', [])).toEqual(['c'])
  expect((await database.collection('c')).number).toBe(c.number)
  await ask('deleteCollection', ['c'])
  await expect(ask('count', [c, undefined])).rejects.toMatchObject({ code: 'CLOSED' })
})

it('sends a large write in parts, and writes all of it or nothing', async () => {
  const { ask, c } = await withCollection(64)
  const parts = Array.from({ length: 4 }, (_, n) => ({
    ids: idsOf(10_000).slice(n * 2500, (n + 1) * 2500),
    matrix: randomMatrix(2500, 64, n),
  }))
  const records = Array.from({ length: 3000 }, (_, n) => ({
    id: `record ${String(n)}`,
    vector: randomMatrix(1, 64, n),
    text: 'x'.repeat(500),
  }))
  const twice = [{ records }, { records: records.slice(-1) }]
  await expect(ask('upsert', [c, twice])).rejects.toMatchObject({ code: 'DUPLICATE_ID' })
  expect(await ask('count', [c, undefined])).toBe(0)
  const written = await ask('upsert', [c, [...parts, { records }]])
  expect(written).toEqual({ inserted: 13_000, updated: 0 })
  expect(await ask('get', [c, 'record 2999'])).toEqual(records[2999])
})

it('asks the embedder where it lives, passes progress on, and stops at an abort', async () => {
  const { ask } = await pair()
  let embedded = 0
  let stopped = false
  const embedder: Embedder = {
    id: 'lengths',
    dimension: 2,
    maxTokens: undefined,
    embed: async (texts, { signal, role }) => {
      embedded += texts.length
      if (texts.includes('never')) {
        await new Promise<void>((resolve) =>
          signal?.addEventListener('abort', () => {
            resolve()
          }),
        )
        stopped = true
      }
      const side = role === 'query' ? 1 : 0
      return Float32Array.from(texts.flatMap((text) => [text.length + side, 1]))
    },
  }
  const number = await ask('open', ['texts', { metric: 'l2' }], {}, embedder)
  const c = { name: 'texts', number }
  const phases: Progress['phase'][] = []
  const onProgress = ({ phase }: Progress): void => {
    phases.push(phase)
  }
  const records = [
    { id: 'short', text: 'a' },
    { id: 'long', text: 'a'.repeat(50) },
  ]
  await ask('upsert', [c, [{ records }]], { onProgress }, embedder)
  expect(embedded).toBe(2)
  expect(phases).toContain('embedding')
  expect(phases.at(-1)).toBe('writing')
  const [found] = await ask('searchMany', [c, ['aa'], { k: 1 }], {}, embedder)
  expect(found?.hits[0]?.id).toBe('short')

  const aborting = new AbortController()
  const never = [{ records: [{ id: 'never', text: 'never' }] }]
  const write = ask('upsert', [c, never], { signal: aborting.signal }, embedder)
  await expect.poll(() => embedded).toBe(4)
  aborting.abort()
  await expect(write).rejects.toMatchObject({ code: 'ABORTED' })
  await expect.poll(() => stopped).toBe(true)
  expect(await ask('count', [c, undefined])).toBe(2)
  // Without it, nobody else's is asked.
  await expect(ask('searchMany', [c, ['aa'], undefined])).rejects.toMatchObject({
    code: 'NO_EMBEDDER',
  })
})

it('carries errors with their code, and refuses what cannot be sent', async () => {
  const { ask, c } = await withCollection()
  const wrong = randomMatrix(1, 5, 1)
  await expect(ask('upsert', [c, [{ ids: ['a'], matrix: wrong }]])).rejects.toMatchObject({
    name: 'QuiverError',
    code: 'DIMENSION_MISMATCH',
  })
  const unpostable = [{ records: [{ id: 'a', call: () => undefined }] }]
  await expect(ask('upsert', [c, unpostable])).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  expect(await ask('count', [c, undefined])).toBe(0)
})
