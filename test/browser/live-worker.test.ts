import { deleteDatabase, open } from 'quiverdb'
import { expect, it } from 'vitest'
import { describeLive } from '../contract/live.ts'
import { Follower, settled } from '../support/live.ts'

describeLive('behind the worker, in IndexedDB', { open, deleteDatabase, storage: 'indexeddb' })

it('does not heap up answers for a page that is busy', async () => {
  const name = 'live-busy'
  const db = await open(name)
  const c = await db.collection('c', { dimension: 2 })
  await c.upsert({ id: 'a', vector: [1, 0] })
  const live = new Follower(c.live([1, 0]))
  const url = new URL('../fixtures/updating-worker.ts', import.meta.url)
  const worker = new Worker(url, { type: 'module' })
  worker.postMessage(name)
  const updates = () => live.snapshot.hits?.[0]?.record['n'] as number | undefined
  await live.until(() => updates() !== undefined)
  const { told } = live
  const end = performance.now() + 3_000
  while (performance.now() < end);
  worker.terminate()
  await settled()
  // One that waited, what was found once it was received, and what was under way when the other stopped.
  expect(live.told - told).toBeLessThanOrEqual(3)
  await expect.poll(async () => updates() === (await c.get('a'))?.['n']).toBe(true)
  live.stop()
  await db.close()
  await deleteDatabase(name)
})
