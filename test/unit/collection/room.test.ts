import type { Embedder } from 'quiverdb'
import { open } from 'quiverdb/local'
import { expect, it } from 'vitest'
import { createConfig } from '../../../src/collection/config.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { upsertOf } from './states.ts'

/** Bytes of a vector of four values. */
const VECTOR = 16

async function emptyState(): Promise<CollectionState> {
  return new CollectionState(await loadWasmEngine(), createConfig('c', { dimension: 4 }))
}

it('makes room for every write of a group, not for the largest of them', async () => {
  const state = await emptyState()
  state.apply(upsertOf(1, 1))
  const releases = [500, 500, 500].map((rows) => state.makeRoom([upsertOf(rows, 2)]))
  const room = state.index!.bytes().vectors
  expect(room).toBeGreaterThanOrEqual(1501 * VECTOR)
  for (const release of releases) {
    state.apply({ ...upsertOf(500, 3), collection: 0 })
    release()
  }
  expect(state.index!.bytes().vectors).toBe(room)
  state.retire()
})

it('makes room for the first vectors before there is an index, and none is left when they do not come', async () => {
  const state = await emptyState()
  const release = state.makeRoom([upsertOf(10, 1)])
  expect(state.index).toBeUndefined()
  release()
  release()
  const text = {
    ...upsertOf(3, 1),
    dimension: 0,
    kinds: new Uint8Array(3),
    vectors: new Float32Array(0),
  }
  state.apply(text)
  const again = state.makeRoom([upsertOf(10, 2)])
  state.apply(upsertOf(10, 2))
  again()
  expect(state.index?.rows).toBe(13)
  expect(state.index?.live).toBe(10)
  state.retire()
})

it('refuses a first write that is too large, and logs nothing of it', async () => {
  const db = await open('too large', { storage: 'memory' })
  const embedder: Embedder = {
    id: 'nothing means anything',
    dimension: 65_536,
    maxTokens: undefined,
    embed: async (texts) => new Float32Array(texts.length),
  }
  const c = await db.collection('c', { embedder, quantization: 'none' })
  // Each takes a vector's room: more of them than a 32-bit address reaches.
  const records = Array.from({ length: 16_384 }, (_, n) => ({ id: String(n), text: 'x' }))
  await expect(c.upsert(records)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' })
  expect(await c.count()).toBe(0)
  await c.upsert({ id: 'a', text: 'x' })
  expect(await c.count()).toBe(1)
  await db.close()
})
