import { QuiverError } from '../../src/contract/errors.ts'
import type { ChunkRef, Storage } from '../../src/storage/index.ts'

/** The storage, with another way to read chunks; `undefined`: it is damaged. */
export function readingBy(storage: Storage, readChunk: Storage['readChunk']): Storage {
  const readChunks: Storage['readChunks'] = async function* (refs) {
    for (const ref of refs) {
      const bytes = await readChunk(ref)
      if (!bytes) {
        throw new QuiverError('CORRUPT', `Chunk ${String(ref.n)} of ${ref.path} is damaged.`)
      }
      yield bytes
    }
  }
  return new Proxy(storage, {
    get: (target, name) => {
      if (name === 'readChunk') return readChunk
      if (name === 'readChunks') return readChunks
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value
    },
  })
}

/** The storage, but for chunks that read as they would where their bytes had changed. */
export function damaged(storage: Storage, isDamaged: (ref: ChunkRef) => boolean): Storage {
  return readingBy(storage, async (ref) => (isDamaged(ref) ? undefined : storage.readChunk(ref)))
}
