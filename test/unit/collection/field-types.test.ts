import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadState } from '../../../src/collection/load.ts'
import { matchRows } from '../../../src/collection/match.ts'
import { encodeDocument } from '../../../src/collection/records.ts'
import { chunksOf, type SavedCollection, saveState } from '../../../src/collection/snapshot.ts'
import type { CollectionState } from '../../../src/collection/state.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import {
  filterArbitrary,
  recordsArbitrary,
  type SampleRecord,
} from '../../support/filters/samples.ts'
import { matches } from '../../support/filters/twin.ts'
import { stateOf, upsertOf } from './states.ts'

const FIELDS = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
  body: 'text',
} as const

function filled(records: readonly SampleRecord[]): CollectionState {
  const state = stateOf(0, { fields: FIELDS })
  const docs = records.map((record) => encodeDocument(record, 'a'))
  state.apply({ ...upsertOf(records.length, 1), docs })
  return state
}

async function reopened(state: CollectionState, storage: Storage): Promise<CollectionState> {
  const fold = storage.beginFold()
  const { saved } = await saveState(state, 0, fold, undefined)
  await fold.commit({ foldedSeq: 0, chunks: chunksOf(saved), body: {} })
  const read = JSON.parse(JSON.stringify(saved)) as SavedCollection
  return loadState(referenceEngine, storage, read)
}

it('filters answer the same of a snapshot, and of rows that came and went since', async () => {
  const more = recordsArbitrary(FIELDS)
  const sample = fc.tuple(more, more, fc.array(filterArbitrary(FIELDS), { minLength: 5 }))
  const check = fc.asyncProperty(sample, async ([before, since, filters]) => {
    const storage = await openMemoryStorage('field-types')
    const loaded = await reopened(filled(before), storage)
    expect(loaded.config.fields).toEqual({
      ...FIELDS,
      body: { type: 'text', language: 'english', boost: 1 },
    })
    // The same ids again: the first records are replaced by those of the second lot.
    const docs = since.map((record) => encodeDocument(record, 'a'))
    loaded.apply({ ...upsertOf(since.length, 2), docs })
    const kept = [...before.entries(), ...since.entries()].map(([n, record], row) => ({
      record,
      isLive: row >= before.length || n >= since.length,
    }))
    const again = await reopened(loaded, storage)
    for (const filter of filters) {
      const expected = [...kept.keys()].filter(
        (row) => kept[row]!.isLive && matches(kept[row]!.record, filter),
      )
      expect(matchRows(loaded, filter).rows()).toEqual(expected)
      expect(matchRows(again, filter).rows()).toEqual(expected)
    }
  })
  await fc.assert(check, { numRuns: 100 })
})
