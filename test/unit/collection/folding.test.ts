import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CommitQueue } from '../../../src/collection/commit-queue.ts'
import { Folding } from '../../../src/collection/folding.ts'
import { QuiverError } from '../../../src/contract/errors.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'

const MB = 2 ** 20

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

const found = { folds: 0, isFull: true, logBytes: 64 * MB }
let folding: Folding

beforeEach(async () => {
  Object.assign(found, { folds: 0, isFull: true, logBytes: 64 * MB })
  const storage = onFullDisk(await openMemoryStorage('folding'))
  folding = new Folding(storage, new CommitQueue(storage, 0), () => ({
    collections: [],
    nextNumber: 0,
  }))
})
afterEach(() => {
  folding.stop()
})

/** The storage, as if it lasted and had a log of `found.logBytes`, and without room for a fold while `found.isFull`. */
function onFullDisk(storage: Storage): Storage {
  const beginFold: Storage['beginFold'] = () => {
    found.folds++
    if (found.isFull) throw new QuiverError('QUOTA_EXCEEDED', 'There is no room.')
    found.logBytes = 0
    return storage.beginFold()
  }
  return new Proxy(storage, {
    get: (target, name) => {
      if (name === 'kind') return 'indexeddb'
      if (name === 'logBytes') return found.logBytes
      if (name === 'beginFold') return beginFold
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value
    },
  })
}

async function write(times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    folding.changed()
    await vi.advanceTimersByTimeAsync(10)
  }
}

it('a fold that failed is not tried again with every write', async () => {
  await write(50)
  expect(found.folds).toBe(1)
})

it('is tried again when the log has grown much', async () => {
  await write(1)
  found.logBytes = 79 * MB
  await write(5)
  expect(found.folds).toBe(1)
  found.logBytes = 80 * MB
  await write(5)
  expect(found.folds).toBe(2)
})

it('is tried again after a while, though nobody writes, and then as before', async () => {
  await write(1)
  await vi.advanceTimersByTimeAsync(30_000)
  await write(1)
  expect(found.folds).toBe(1)
  found.isFull = false
  await vi.advanceTimersByTimeAsync(31_000)
  expect(found.folds).toBe(2)
  found.logBytes = 64 * MB
  await write(1)
  expect(found.folds).toBe(3)
})
