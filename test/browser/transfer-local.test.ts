import { deleteDatabase, importDatabase, open } from 'quiverdb/local'
import { it } from 'vitest'
import { describeTransfer } from '../contract/transfer.ts'
import { replaceMethod } from '../support/idb.ts'

describeTransfer('on this thread, in IndexedDB', {
  open,
  deleteDatabase,
  importDatabase,
  storage: 'indexeddb',
  behindWorker: false,
})

it('imports where the browser does not list its databases', async () => {
  const name = 'not listed'
  const db = await open(name)
  const blob = await db.export()
  await db.close()
  const restore = replaceMethod(IDBFactory.prototype, 'databases', () => undefined as never)
  try {
    await importDatabase(name, blob, { replace: true })
    await importDatabase(`${name} either`, blob)
  } finally {
    restore()
    for (const each of [name, `${name} either`]) await deleteDatabase(each)
  }
})
