import { deleteDatabase, open } from 'quiverdb'
import { describeCollection } from '../contract/collection.ts'

describeCollection('behind the worker, in IndexedDB', {
  open,
  deleteDatabase,
  storage: 'indexeddb',
})
