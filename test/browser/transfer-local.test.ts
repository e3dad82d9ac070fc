import { deleteDatabase, importDatabase, open } from 'quiverdb/local'
import { describeTransfer } from '../contract/transfer.ts'

describeTransfer('on this thread, in IndexedDB', {
  open,
  deleteDatabase,
  importDatabase,
  storage: 'indexeddb',
  behindWorker: false,
})
