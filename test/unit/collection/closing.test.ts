import { expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'

const engine = await loadWasmEngine()

it('gives back the memory of a collection, too, that a call before it made meanwhile', async () => {
  const db = await LocalDatabase.open('a', engine, await openMemoryStorage('a', 'dropped'))
  const making = db.collection('c', { dimension: 2 })
  const closing = db.close()
  const c = await making
  await c.upsert(['x'], Float32Array.of(1, 2)).catch(() => undefined)
  await closing
  expect(c.state.index).toBeUndefined()
  await expect(c.get('x')).rejects.toThrow('Collection "c" is closed')
})

it('closes the storage whatever fails before', async () => {
  const storage = await openMemoryStorage('a', 'dropped')
  const db = await LocalDatabase.open('a', engine, storage)
  const c = await db.collection('c', { dimension: 2 })
  await c.upsert(['x'], Float32Array.of(1, 2))
  // Its memory is gone already, as after a trap.
  const { index } = c.state
  index!.free = () => {
    throw new Error('The engine failed.')
  }
  await expect(db.close()).rejects.toThrow('The engine failed.')
  expect(storage.failure).toMatchObject({ code: 'CLOSED' })
})
