import { deleteDatabase, open } from 'quiverdb/local'
import { describeCollection } from '../contract/collection.ts'

describeCollection('on this thread, in IndexedDB', { open, deleteDatabase, storage: 'indexeddb' })
