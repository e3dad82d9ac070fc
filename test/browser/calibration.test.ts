import { deleteDatabase, open } from 'quiverdb'
import { expect, it } from 'vitest'
import { idsOf, randomMatrix } from '../support/vectors.ts'

/** Longer than a database waits before it folds its log. */
const QUIET_MS = 3_000

it('what was measured on a graph serves at once when it is opened again', async () => {
  const name = 'calibration'
  const db = await open(name)
  const index = { type: 'hnsw', M: 8, efConstruction: 60 } as const
  const c = await db.collection('c', { dimension: 16, index })
  await c.upsert(idsOf(2_000), randomMatrix(2_000, 16, 1))
  const measured = async () => (await c.stats()).calibratedEf
  await expect.poll(measured, { timeout: 60_000 }).toBeDefined()
  const before = await measured()

  let stored = -1
  for (let bytes = 0; bytes !== stored; bytes = (await db.stats()).bytes.stored) {
    stored = bytes
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
  }
  await db.close()

  const again = await open(name)
  const { calibratedEf } = await (await again.collection('c')).stats()
  expect(calibratedEf).toEqual(before)
  await again.close()
  await deleteDatabase(name)
})
