import { deleteDatabase, open } from 'quiverdb/local'
import { expect, it } from 'vitest'
import { idsOf } from '../support/vectors.ts'
import { describeCollection } from './collection.ts'

it('deletes very many records at once', async () => {
  const db = await open('very-many', { storage: 'memory' })
  const c = await db.collection('c', { dimension: 1 })
  await c.upsert(idsOf(150_000), new Float32Array(150_000).fill(1))
  expect(await c.delete({ where: {} })).toBe(150_000)
  expect(await c.count()).toBe(0)
  await db.close()
})

describeCollection('on this thread, in memory', { open, deleteDatabase, storage: 'memory' })
