import { describe, expect, it } from 'vitest'
import { codesOf, createConfig, mergeConfig } from '../../../src/collection/config.ts'
import { storedConfig } from '../../../src/collection/stored-config.ts'
import type { CollectionOptions } from '../../../src/contract/api.ts'
import type { FieldDeclaration, Fields } from '../../../src/contract/fields.ts'
import { lacking } from './states.ts'

const config = (options: CollectionOptions<Fields> = {}) =>
  createConfig('c', { dimension: 8, ...options })

describe('codesOf', () => {
  it('are int8 by default from dimension 64 on', () => {
    expect(codesOf(config(), 63)).toBe('none')
    for (const metric of ['cosine', 'dot', 'l2', 'l1'] as const) {
      expect(codesOf(config({ metric }), 64)).toBe('int8')
    }
  })

  it('are what was asked for', () => {
    for (const quantization of ['none', 'f16', 'int8', '1bit'] as const) {
      for (const dimension of [1, 1_000]) {
        expect(codesOf(config({ quantization }), dimension)).toBe(quantization)
      }
    }
  })

  it('are packed sets under metrics of sets, whatever was asked for', () => {
    for (const metric of ['hamming', 'jaccard'] as const) {
      for (const quantization of ['none', 'f16', 'int8', '1bit', 'auto'] as const) {
        expect(codesOf(config({ metric, quantization }), 100)).toBe('1bit')
      }
    }
  })
})

describe('a config', () => {
  it('keeps its originals', () => {
    expect(config().originals).toBe('f32')
    const halves = config({ originals: 'f16' })
    expect(mergeConfig(halves, {}).originals).toBe('f16')
    expect(mergeConfig(halves, { originals: 'f16' })).toEqual(halves)
    const mismatch = expect.objectContaining({ code: 'OPTIONS_MISMATCH' }) as Error
    expect(() => mergeConfig(halves, { originals: 'f32' })).toThrow(mismatch)
  })

  it('takes efSearch with its graph, and gives it up without', () => {
    const index = { type: 'hnsw', efSearch: 77 } as const
    expect(config({ index }).index).toEqual({ ...index, M: 16, efConstruction: 200 })
    expect(mergeConfig(config({ index }), {}).index).toMatchObject({ efSearch: 77 })
    expect(mergeConfig(config({ index }), { index: { type: 'hnsw' } }).index).not.toHaveProperty(
      'efSearch',
    )
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' }) as Error
    for (const efSearch of [0, 1.5, 100_001, '64' as never, null as never]) {
      expect(() => config({ index: { type: 'hnsw', efSearch } })).toThrow(invalid)
    }
  })

  it('keeps text fields with all their options', () => {
    const plain = config({ fields: { body: 'text', year: 'number' } })
    const asStored = { type: 'text', language: 'english', boost: 1 }
    expect(plain.fields).toEqual({ body: asStored, year: 'number' })
    expect(mergeConfig(plain, { fields: { title: { type: 'text', boost: 2 } } }).fields).toEqual({
      body: asStored,
      year: 'number',
      title: { ...asStored, boost: 2 },
    })
    expect(JSON.stringify(storedConfig(plain))).toBe(JSON.stringify(plain))
  })

  it('takes another boost of a text field, but no other language and no other type', () => {
    const dutch = config({ fields: { body: { type: 'text', language: 'dutch', boost: 3 } } })
    const merged = (body: FieldDeclaration) =>
      mergeConfig(dutch, { fields: { body } }).fields['body']
    expect(merged('text')).toEqual(dutch.fields['body'])
    expect(merged({ type: 'text' })).toEqual(dutch.fields['body'])
    expect(merged({ type: 'text', language: 'dutch', boost: 1 })).toEqual({
      type: 'text',
      language: 'dutch',
      boost: 1,
    })
    const mismatch = expect.objectContaining({ code: 'OPTIONS_MISMATCH' }) as Error
    expect(() => merged({ type: 'text', language: 'english' })).toThrow(mismatch)
    expect(() => merged('keyword')).toThrow(mismatch)
    expect(() =>
      mergeConfig(config({ fields: { body: 'keyword' } }), { fields: { body: 'text' } }),
    ).toThrow(mismatch)
  })

  it('of an earlier version is read as what it meant', () => {
    const now = config({ index: { type: 'hnsw' } })
    const old = lacking(now, 'originals')
    expect(JSON.stringify(storedConfig(old))).toBe(JSON.stringify(now))
    expect(JSON.stringify(storedConfig(now))).toBe(JSON.stringify(now))
  })
})
