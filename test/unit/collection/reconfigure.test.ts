import { expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { QuiverError } from '../../../src/contract/errors.ts'
import type { Engine, VectorIndex } from '../../../src/engine/index.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { idsOf, randomMatrix } from '../../support/vectors.ts'

/** The reference engine with room for a number of rows in all, and a count of the indexes that are in use. */
function cramped(room: { rows: number }): Engine & { readonly inUse: Set<VectorIndex> } {
  const inUse = new Set<VectorIndex>()
  const watched = (index: VectorIndex): VectorIndex => {
    inUse.add(index)
    const add = index.add.bind(index)
    const free = index.free.bind(index)
    index.add = (matrix) => {
      const rows = [...inUse].reduce((sum, each) => sum + each.rows, 0)
      if (rows + matrix.length / index.config.dimension > room.rows) {
        throw new QuiverError('OUT_OF_MEMORY', 'There is no room for so many rows.')
      }
      return add(matrix)
    }
    index.free = () => {
      inUse.delete(index)
      free()
    }
    return index
  }
  return {
    ...referenceEngine,
    name: 'cramped',
    inUse,
    create: (config) => watched(referenceEngine.create(config)),
  }
}

const ROWS = 5000

it('a collection that cannot be written anew stays as it was', async () => {
  const room = { rows: Infinity }
  const engine = cramped(room)
  const storage = await openMemoryStorage('cramped')
  const db = await LocalDatabase.open('cramped', engine, storage)
  const c = await db.collection('c', { dimension: 4 })
  await c.upsert(idsOf(ROWS), randomMatrix(ROWS, 4, 1))

  room.rows = ROWS + 3000
  const refused = db.collection('c', { quantization: 'f16', fields: { n: 'number' } })
  await expect(refused).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' })
  expect(engine.inUse.size).toBe(1)
  expect(storage.failure).toBeUndefined()
  expect(await c.stats()).toMatchObject({ rows: ROWS, quantization: 'none' })
  await expect(c.count({ n: 1 })).rejects.toMatchObject({ code: 'INVALID_FILTER' })

  room.rows = Infinity
  await db.collection('c', { quantization: 'f16', fields: { n: 'number' } })
  expect(await c.stats()).toMatchObject({ rows: ROWS, quantization: 'f16' })
  expect(await c.count({ n: 1 })).toBe(0)
  await db.close()
  expect(engine.inUse.size).toBe(0)
})
