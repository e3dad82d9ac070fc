import { deleteDatabase, open } from 'quiverdb/local'
import { describeCollection } from './collection.ts'

describeCollection('on this thread, in memory', { open, deleteDatabase, storage: 'memory' })
