import type { Filter } from 'quiverdb'
import { expect, it } from 'vitest'
import { loadState } from '../../../src/collection/load.ts'
import { matchRows } from '../../../src/collection/match.ts'
import { encodeDocument } from '../../../src/collection/records.ts'
import {
  chunksOf,
  type ChunkWriter,
  type SavedCollection,
  saveState,
} from '../../../src/collection/snapshot.ts'
import type { CollectionState } from '../../../src/collection/state.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { idsOf } from '../../support/vectors.ts'
import { lacking, stateOf, upsertOf } from './states.ts'

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

const ROWS = 40_000
const FIELDS = {
  n: 'number',
  at: 'date',
  yes: 'boolean',
  word: 'keyword',
  words: 'keyword[]',
} as const

/** What a record of a row holds; some lack some. */
function documentOf(row: number): string {
  const record = {
    ...(row % 3 && { n: row }),
    ...(row % 5 && { at: new Date(row * 1000) }),
    ...(row % 7 && { yes: row % 2 === 0 }),
    ...(row % 11 && { word: `w${String(row % 101)}` }),
    ...(row % 13 && { words: Array.from({ length: row % 4 }, (_, n) => `w${String(row + n)}`) }),
  }
  return encodeDocument(record, String(row))
}

/** A state of many chunks of rows, of which it has lost every ninth. */
function manyRows(): CollectionState {
  const state = stateOf(0, { fields: FIELDS })
  const docs = Array.from({ length: ROWS }, (_, row) => documentOf(row))
  state.apply({ ...upsertOf(ROWS, 3), docs })
  state.apply({ type: 'delete', collection: 0, ids: idsOf(ROWS).filter((_, row) => row % 9 === 0) })
  return state
}

const QUESTIONS: Filter[] = [
  { n: { $gt: 20_000 } },
  { at: { $lt: new Date(17_000_000) } },
  { yes: false },
  { word: { $in: ['w1', 'w100'] } },
  { words: { $contains: 'w16384' } },
  { words: { $exists: false } },
]

it('brings rows back that lie in several chunks', async () => {
  const state = manyRows()
  const { storage, saved } = await folded(state)
  expect(saved.ids).toHaveLength(3)
  const loaded = await loadState(referenceEngine, storage, saved)
  expect(loaded.ids).toEqual(state.ids)
  expect(loaded.kinds).toEqual(state.kinds)
  expect(loaded.live.bytes).toEqual(state.live.bytes)
  for (const where of QUESTIONS) {
    const rows = matchRows(state, where).rows()
    expect(rows.length).toBeGreaterThan(0)
    expect(matchRows(loaded, where).rows()).toEqual(rows)
  }
})

it('writes only the chunks whose rows changed', async () => {
  const state = manyRows()
  const { storage, saved } = await folded(state)
  const loaded = await loadState(referenceEngine, storage, saved)
  loaded.apply({ ...upsertOf(1, 4), ids: ['one more'] })
  const written: string[] = []
  const writer: ChunkWriter = {
    write: async (path, n, bytes) => {
      written.push(`${path} ${String(n)}`)
      return { generation: 2, path, n, bytes: bytes.length, hash: '' }
    },
  }
  await saveState(loaded, 0, writer, saved)
  const tails = written.filter((name) => /ids|kinds|columns|documents/.test(name))
  expect(tails).toEqual([
    `0/documents ${String(saved.documents.length)}`,
    '0/ids 2',
    '0/kinds 2',
    '0/columns 2',
  ])
})

it('opens snapshots of the version that kept kinds and columns in one chunk each', async () => {
  const state = manyRows()
  const storage = await openMemoryStorage('snapshot')
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 0, fold, undefined)
  const kinds = Uint8Array.from(state.kinds, (kind, row) => kind | (state.live.has(row) ? 0 : 0x80))
  const first = {
    ...lacking(saved, 'live'),
    kinds: await fold.write('0/old kinds', 0, kinds),
    columns: await fold.write('0/old columns', 0, state.columns.encode()),
  } as unknown as SavedCollection
  await fold.commit({ foldedSeq: 0, chunks: chunksOf(first), body: {} })
  const loaded = await loadState(referenceEngine, storage, first)
  expect(loaded.kinds).toEqual(state.kinds)
  expect(loaded.live.bytes).toEqual(state.live.bytes)
  for (const where of QUESTIONS) {
    expect(matchRows(loaded, where).rows()).toEqual(matchRows(state, where).rows())
  }
  const again = await saveState(loaded, 0, storage.beginFold(), first)
  expect(again.saved.kinds).toHaveLength(3)
  expect(again.saved.columns).toHaveLength(3)
})
