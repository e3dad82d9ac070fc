import { deleteDatabase, importDatabase, open } from 'quiverdb/local'
import { expect, it } from 'vitest'
import { describeTransfer } from './transfer.ts'

describeTransfer('on this thread, in memory', {
  open,
  deleteDatabase,
  importDatabase,
  storage: 'memory',
  behindWorker: false,
})

it('keeps an imported database in memory from the first open to the last close', async () => {
  const db = await open('origin', { storage: 'memory' })
  await (await db.collection('c', { dimension: 2 })).upsert({ id: 'a', vector: [1, 2] })
  const blob = await db.export()
  await db.close()

  await importDatabase('waits', blob)
  const first = await open('waits')
  const second = await open('waits')
  await first.close()
  expect(await second.collections()).toEqual(['c'])
  await second.close()
  const third = await open('waits')
  expect(await third.collections()).toEqual([])
  await third.close()

  await importDatabase('dropped', blob)
  await deleteDatabase('dropped')
  const fresh = await open('dropped')
  expect(await fresh.collections()).toEqual([])
  await fresh.close()
})
