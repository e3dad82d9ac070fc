import { expect, test } from 'vitest'
import { transformers } from '../../../../src/embed/transformers/index.ts'
import type { TransformersOptions } from '../../../../src/embed/transformers/index.ts'
import { QuiverError } from '../../../../src/contract/errors.ts'

test.each<[model: string, options: TransformersOptions, id: string]>([
  ['Xenova/all-MiniLM-L6-v2', {}, 'transformers:Xenova/all-MiniLM-L6-v2:q8:mean'],
  ['a/b', { device: 'webgpu' }, 'transformers:a/b:q8:mean'],
  ['a/b', { dtype: 'fp32', pooling: 'cls' }, 'transformers:a/b:fp32:cls'],
  ['a/b', { revision: 'v2', maxTokens: 128 }, 'transformers:a/b@v2:q8:mean:max=128'],
  [
    'Xenova/multilingual-e5-small',
    {},
    'transformers:Xenova/multilingual-e5-small:q8:mean:prefixes=["query: ","passage: "]',
  ],
  [
    'Xenova/multilingual-e5-large-instruct',
    {},
    'transformers:Xenova/multilingual-e5-large-instruct:q8:mean',
  ],
  [
    'Xenova/bge-small-en-v1.5',
    {},
    'transformers:Xenova/bge-small-en-v1.5:q8:cls:prefixes=["Represent this sentence for searching relevant passages: ",""]',
  ],
  ['Xenova/bge-m3', {}, 'transformers:Xenova/bge-m3:q8:cls'],
  ['Xenova/gte-small', {}, 'transformers:Xenova/gte-small:q8:mean'],
  [
    'Xenova/bge-small-en-v1.5',
    { prefixes: { query: '', document: '' }, pooling: 'mean' },
    'transformers:Xenova/bge-small-en-v1.5:q8:mean',
  ],
])('the id of %s with %o names what changes its vectors', (model, options, id) => {
  expect(transformers(model, options).id).toBe(id)
})

test('what is stated is known before the model is loaded', () => {
  const embedder = transformers('a/b', { dimension: 384, maxTokens: 256 })
  expect(embedder.dimension).toBe(384)
  expect(embedder.maxTokens).toBe(256)
  expect(transformers('a/b').dimension).toBeUndefined()
})

test.each([
  ['', {}],
  ['a/b', { dtype: 'q5' }],
  ['a/b', { device: 'cuda' }],
  ['a/b', { pooling: 'max' }],
  ['a/b', { maxTokens: 0 }],
  ['a/b', { dimension: 1.5 }],
])('%j with %o is refused', (model, options) => {
  const make = () => transformers(model, options as TransformersOptions)
  expect(make).toThrow(QuiverError)
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
