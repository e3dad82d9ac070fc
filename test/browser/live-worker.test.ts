import { deleteDatabase, open } from 'quiverdb'
import { describeLive } from '../contract/live.ts'

describeLive('behind the worker, in IndexedDB', { open, deleteDatabase, storage: 'indexeddb' })
