import { deleteDatabase, importDatabase, open } from 'quiverdb'
import { describeTransfer } from '../contract/transfer.ts'

describeTransfer('behind the worker, in IndexedDB', {
  open,
  deleteDatabase,
  importDatabase,
  storage: 'indexeddb',
  behindWorker: true,
})
