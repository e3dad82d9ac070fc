/** Small words for tests of storage. */
import type { ChunkRef, Storage } from '../../src/storage/index.ts'

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

export async function replayed(
  storage: Storage,
  after: number,
): Promise<[seq: number, operation: Uint8Array][]> {
  const logged = await collect(storage.replay(after))
  return logged.map(({ seq, operation }) => [seq, new Uint8Array(operation)])
}

export function readAll(storage: Storage, refs: readonly ChunkRef[]): Promise<Uint8Array[]> {
  return collect(storage.readChunks(refs))
}
