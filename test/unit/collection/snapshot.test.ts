import { expect, it } from 'vitest'
import {
  chunksOf,
  loadState,
  type SavedCollection,
  saveState,
} from '../../../src/collection/snapshot.ts'
import type { CollectionState } from '../../../src/collection/state.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { lacking, stateOf } from './states.ts'

async function folded(state: CollectionState) {
  const storage = await openMemoryStorage('snapshot')
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 0, fold, undefined)
  await fold.commit({ foldedSeq: 0, chunks: chunksOf(saved), body: {} })
  // As the manifest keeps it.
  return { storage, saved: JSON.parse(JSON.stringify(saved)) as SavedCollection }
}

it('keeps what was measured on the graph', async () => {
  const state = stateOf(50, { index: { type: 'hnsw' } })
  state.calibration = {
    indexed: 50,
    removed: 3,
    curves: [[{ ef: 10, recall: 0.9, error: 0.01 }], [{ ef: 112, recall: 1, error: 0 }]],
  }
  const { storage, saved } = await folded(state)
  const loaded = await loadState(referenceEngine, storage, saved)
  expect(loaded.calibration).toEqual(state.calibration)
  expect(loaded.index?.config.graph).toMatchObject({ M: 16, efConstruction: 200 })
})

it('opens snapshots of versions that knew no originals and measured nothing', async () => {
  const state = stateOf(50, { index: { type: 'hnsw' } })
  const { storage, saved } = await folded(state)
  const index = { ...saved.index, config: lacking(saved.index!.config, 'originals') }
  const old = { ...saved, config: lacking(saved.config, 'originals'), index }
  expect(JSON.stringify(old)).not.toContain('originals')
  const loaded = await loadState(referenceEngine, storage, old as unknown as SavedCollection)
  expect(loaded.config.originals).toBe('f32')
  expect(loaded.index?.config.originals).toBe('f32')
  expect(loaded.calibration).toBeUndefined()
  expect(loaded.isStale).toBe(false)
  expect(loaded.index?.vector(7)).toEqual(state.index?.vector(7))
})

it('refuses options that no collection can have', async () => {
  const state = stateOf(50)
  const { storage, saved } = await folded(state)
  const corrupt = expect.objectContaining({ code: 'CORRUPT' }) as Error
  const wrong: object[] = [
    { name: '' },
    { metric: 'cosinus' },
    { dimension: -1 },
    { fields: null },
    { fields: { year: 'nummer' } },
    { index: null },
    { index: { type: 'tree' } },
    { index: { type: 'auto', M: 1e9, efConstruction: 200 } },
    { quantization: 'int3' },
    { originals: 'f64' },
    { embedder: 5 },
  ]
  for (const change of wrong) {
    const config = { ...saved.config, ...change }
    const damaged = { ...saved, config } as SavedCollection
    await expect(loadState(referenceEngine, storage, damaged)).rejects.toThrow(corrupt)
  }
})
