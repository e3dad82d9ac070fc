import { openMemoryStorage } from '../../src/storage/memory.ts'
import { storageContract } from './storage.ts'

storageContract('memory', openMemoryStorage)
