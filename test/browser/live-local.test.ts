import { deleteDatabase, open } from 'quiverdb/local'
import { describeLive } from '../contract/live.ts'

describeLive('on this thread, in IndexedDB', { open, deleteDatabase, storage: 'indexeddb' })
