import { openIdbStorage } from '../../src/storage/idb/index.ts'
import { storageContract } from '../contract/storage.ts'

storageContract('indexeddb', (name) => openIdbStorage(name, { durability: 'strict' }))
