import { deleteDatabase, open } from 'quiverdb/local'
import { describeLive } from './live.ts'

describeLive('on this thread, in memory', { open, deleteDatabase, storage: 'memory' })
