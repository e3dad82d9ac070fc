import { expect, it } from 'vitest'
import { CommitQueue } from '../../../src/collection/commit-queue.ts'
import { Indexer } from '../../../src/collection/indexer.ts'
import type { CollectionState } from '../../../src/collection/state.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { stateOf, upsertOf } from './states.ts'

const HNSW = { index: { type: 'hnsw', M: 8, efConstruction: 50, efSearch: 30 } } as const

/** The reference engine is slow. */
const PATIENCE = { timeout: 60_000 }

async function indexerOf(state: CollectionState) {
  const queue = new CommitQueue(await openMemoryStorage('indexer'), 0)
  const done: string[] = []
  const indexer = new Indexer(
    queue,
    () => state,
    (task) => done.push(task),
  )
  return { indexer, queue, done }
}

it('inserts what waits, tells how it goes, and then measures the graph', async () => {
  const state = stateOf(1_200, HNSW)
  const { indexer, done } = await indexerOf(state)
  const steps: number[] = []
  await indexer.drained((waiting) => steps.push(waiting), undefined)
  expect(steps[0]).toBeLessThanOrEqual(1_200)
  expect(steps).toEqual([...steps].sort((a, b) => b - a))
  expect(steps.length).toBeGreaterThan(1)
  expect(indexer.waiting).toBe(0)
  await expect.poll(() => done, PATIENCE).toEqual(['index', 'calibrate'])
  // The reference engine finds everything with the narrowest walk there is.
  const [tens, hundreds] = state.calibration?.curves ?? []
  expect(tens?.every(({ recall, error }) => recall === 1 && error === 0)).toBe(true)
  expect(hundreds?.every(({ recall }) => recall === 1)).toBe(true)
  expect(state.calibration).toMatchObject({ indexed: 1_200, removed: 0 })
})

it('measures again when the graph has grown by half', async () => {
  const state = stateOf(1_000, HNSW)
  const { indexer, done } = await indexerOf(state)
  indexer.start()
  await expect.poll(() => done, PATIENCE).toHaveLength(2)
  const first = state.calibration
  const more = upsertOf(500, 2)
  state.apply({ ...more, ids: more.ids.map((id) => `more-${id}`) })
  indexer.start()
  await expect.poll(() => done, PATIENCE).toEqual(['index', 'calibrate', 'index', 'calibrate'])
  expect(state.calibration).not.toBe(first)
  expect(state.calibration?.indexed).toBe(1_500)
})

it('forgets what it measured when another graph is asked for', async () => {
  const state = stateOf(1_000, HNSW)
  const { indexer, done } = await indexerOf(state)
  indexer.start()
  await expect.poll(() => done, PATIENCE).toHaveLength(2)
  const { config } = state
  const index = { ...HNSW.index, efSearch: 99 }
  state.apply({ type: 'configure', collection: 0, config: { ...config, index } })
  expect(state.calibration).toBeDefined()
  state.apply({
    type: 'configure',
    collection: 0,
    config: { ...config, index: { ...index, M: 4 } },
  })
  expect(state.calibration).toBeUndefined()
})

it('lets go of who waits when it is told to, and goes on', async () => {
  const state = stateOf(3_000, HNSW)
  const { indexer } = await indexerOf(state)
  const controller = new AbortController()
  await indexer.drained(() => {
    controller.abort()
  }, controller.signal)
  expect(indexer.waiting).toBeGreaterThan(0)
  await indexer.drained(() => undefined, undefined)
  expect(indexer.waiting).toBe(0)
})

it('stops between two steps, and wakes who waits', async () => {
  const state = stateOf(3_000, HNSW)
  const { indexer } = await indexerOf(state)
  const drained = indexer.drained(() => undefined, undefined)
  await indexer.stop()
  await drained
  const left = indexer.waiting
  expect(left).toBeGreaterThan(0)
  indexer.start()
  await indexer.drained(() => undefined, undefined)
  expect(indexer.waiting).toBe(left)
})

it('has nothing to do without a graph', async () => {
  const { indexer, done } = await indexerOf(stateOf(1_000, { index: { type: 'flat' } }))
  await indexer.drained(() => {
    throw new Error('there is nothing to wait for')
  }, undefined)
  expect(done).toEqual([])
})
