/** How much is written for a small change. */
import { deleteDatabase, open, type Collection, type Database } from 'quiverdb/local'
import { afterEach, expect, it } from 'vitest'
import { countWrites, type Writes } from '../support/writes.ts'
import { inFull, LONG } from '../support/torture.ts'
import { idsOf, randomMatrix } from '../support/vectors.ts'

const ROWS = inFull ? 100_000 : 12_000
const DIMENSION = inFull ? 384 : 96
const NAME = 'sizes'
/** Longer than a fold waits for the last write. */
const IDLE_MS = 4000

let writes: Writes | undefined
let db: Database | undefined

afterEach(async () => {
  writes?.stop()
  await db?.close()
  await deleteDatabase(NAME)
})

function idle(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, IDLE_MS)
  })
}

/** A large collection, its graph whole and measured, and all of it folded. */
async function folded(): Promise<Collection> {
  db = await open(NAME)
  const c = await db.collection('c', {
    dimension: DIMENSION,
    index: { type: 'hnsw', M: 8, efConstruction: 40 },
    quantization: 'int8',
  })
  await c.upsert(idsOf(ROWS), randomMatrix(ROWS, DIMENSION, 1))
  await expect
    .poll(async () => (await c.stats()).calibratedEf, { timeout: LONG, interval: 500 })
    .toBeDefined()
  let stored = 0
  for (let before = -1; before !== stored;) {
    await idle()
    before = stored
    stored = (await db.stats()).bytes.stored
  }
  return c
}

it('one record more, or one less, is one short entry of the log', { timeout: LONG }, async () => {
  const c = await folded()
  const { stored } = (await db!.stats()).bytes
  expect(stored).toBeGreaterThan(ROWS * DIMENSION * 5)
  writes = countWrites()
  await c.upsert(['one more'], randomMatrix(1, DIMENSION, 2))
  await idle()
  expect(writes.bytes).toBeGreaterThan(DIMENSION * 4)
  expect(writes.bytes).toBeLessThan(stored / 100)
  expect(writes.bytes).toBeLessThan(DIMENSION * 4 + 2000)

  const before = writes.bytes
  await c.delete('id-17')
  await expect.poll(async () => (await c.stats()).waiting).toBe(0)
  await idle()
  expect(writes.bytes - before).toBeLessThan(2000)

  await db!.close()
  db = await open(NAME)
  const again = await db.collection('c')
  expect(await again.count()).toBe(ROWS)
  // The graph is as it was folded: what came later waits, and no more.
  expect((await again.stats()).waiting).toBeLessThan(100)
})

it('closing does not wait for the chunks of a fold that are left', { timeout: LONG }, async () => {
  db = await open(NAME)
  const c = await db.collection('c', { dimension: DIMENSION, index: { type: 'flat' } })
  await c.upsert(idsOf(ROWS), randomMatrix(ROWS, DIMENSION, 1))
  writes = countWrites()
  await expect.poll(() => writes!.chunks, { timeout: LONG, interval: 1 }).toBeGreaterThan(0)
  const closing = db.close()
  const begun = writes.chunks
  await closing
  expect(writes.chunks - begun).toBeLessThanOrEqual(2)
  db = await open(NAME)
  expect(await (await db.collection('c')).count()).toBe(ROWS)
})
