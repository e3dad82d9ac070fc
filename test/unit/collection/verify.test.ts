import { open } from 'quiverdb/local'
import { expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { chunksOf, saveState } from '../../../src/collection/snapshot.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import type { Progress } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { idsOf, randomMatrix } from '../../support/vectors.ts'
import { stateOf } from './states.ts'

async function filled(rows: number, efSearch: number) {
  const db = await open('verify', { storage: 'memory' })
  const index = { type: 'hnsw', M: 4, efConstruction: 20, efSearch } as const
  const c = await db.collection('c', { dimension: 32, index })
  await c.upsert(idsOf(rows), randomMatrix(rows, 32, 1))
  return { db, c }
}

it('measures recall as searches are run', async () => {
  const narrow = await filled(3000, 10)
  const poor = await narrow.c.verify()
  expect(poor).toMatchObject({ sampled: 100, damage: [] })
  expect(poor.recall).toBeGreaterThan(0.1)
  expect(poor.recall).toBeLessThan(0.9)
  await narrow.db.collection('c', {
    index: { type: 'hnsw', M: 4, efConstruction: 20, efSearch: 2000 },
  })
  const good = await narrow.c.verify({ sample: 20 })
  expect(good).toMatchObject({ sampled: 20 })
  expect(good.recall).toBeGreaterThan(0.95)
  await narrow.db.close()
})

it('measures nothing where there is nothing to walk', async () => {
  const db = await open('verify', { storage: 'memory' })
  const c = await db.collection('c', { dimension: 2 })
  expect(await c.verify()).toMatchObject({ recall: undefined, sampled: 0 })
  await c.upsert(['a', 'b'], randomMatrix(2, 2, 1))
  expect(await c.verify()).toMatchObject({ recall: undefined, sampled: 0 })
  await db.close()
  const one = await filled(1, 10)
  expect(await one.c.verify()).toMatchObject({ recall: undefined, sampled: 0 })
  await one.c.upsert(idsOf(50), randomMatrix(50, 32, 1))
  expect(await one.c.verify({ sample: 0 })).toMatchObject({ recall: undefined, sampled: 0 })
  for (const sample of [-1, 1.5, NaN, '10', null] as number[]) {
    await expect(one.c.verify({ sample })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  }
  await expect(one.c.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  })
  await one.db.close()
})

it('answers what storage found, and changes nothing', async () => {
  const storage = await openMemoryStorage('verify')
  const state = stateOf(500)
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 7, fold, undefined)
  const chunks = chunksOf(saved)
  await fold.commit({ foldedSeq: 0, chunks, body: { collections: [saved], nextNumber: 8 } })
  const damagedChunks = chunks.filter(({ path }) => /documents|kinds/.test(path))
  const verify: Storage['verify'] = async ({ onProgress }) => {
    onProgress?.(0, 10)
    onProgress?.(10, 10)
    return { chunks: 5, bytes: 1000, damagedChunks, damagedRecords: [12, 13] }
  }
  Object.assign(storage, { verify })
  const db = await LocalDatabase.open('verify', referenceEngine, storage)
  const seen: Progress[] = []
  const c = await db.collection('c')
  const { damage, ...rest } = await c.verify({ onProgress: (each) => seen.push(each) })
  expect(rest).toEqual({ recall: undefined, sampled: 0, chunks: 5, bytes: 1000 })
  expect(damage).toMatchObject([
    { part: 'ids', collection: 'c', lost: { count: 0 } },
    { part: 'documents', collection: 'c', lost: { count: 0 } },
    { part: 'log', collection: undefined, lost: { count: 0 } },
  ])
  expect(seen.map(({ phase }) => phase)).toEqual(['reading', 'reading'])
  expect(db.status.damage).toEqual([])
  await db.close()
})
