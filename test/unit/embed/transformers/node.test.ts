import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { transformers } from '../../../../src/embed/transformers/index.ts'
import { cosine, hasMinilm, minilm, models } from '../../../fixtures/minilm.ts'

// Needs ../shared/models.
describe.skipIf(!hasMinilm)('MiniLM in Node', () => {
  const embedder = transformers(minilm, { local: models })
  afterAll(() => {
    embedder.close()
  })
  const embed = (...texts: string[]) => embedder.embed(texts, { role: 'document' })

  test('knows what is alike', async () => {
    const matrix = await embed('a cat', 'a kitten', 'stock market')
    expect(matrix).toHaveLength(3 * 384)
    expect(cosine(matrix, 0, 0)).toBeCloseTo(1, 5)
    expect(cosine(matrix, 0, 1)).toBeCloseTo(0.764, 2)
    expect(cosine(matrix, 0, 2)).toBeCloseTo(0.152, 2)
    expect(embedder.dimension).toBe(384)
    expect(embedder.maxTokens).toBe(512)
  })

  test('answers in the order of the texts, whatever their company', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `number ${i} `.repeat(1 + ((i * 7) % 20)))
    const together = await embed(...texts)
    for (const row of [0, 1, 13, 39]) {
      const alone = await embed(texts[row]!)
      expect(cosine([...alone, ...together.subarray(row * 384)], 0, 1)).toBeCloseTo(1, 4)
    }
  })

  test('gives zeros for texts that mean nothing to it', async () => {
    const matrix = await embed('', 'a cat', '  \n', '🙂')
    expect([0, 1, 2, 3].map((row) => Math.round(cosine(matrix, row, row)))).toEqual([0, 1, 0, 0])
  })

  test('gives an empty matrix for no texts', async () => {
    expect(await embed()).toEqual(new Float32Array(0))
  })

  test('cuts a long text at maxTokens', async () => {
    const short = transformers(minilm, { local: pathToFileURL(models), maxTokens: 6 })
    const texts = ['the cat sat on the mat', 'the cat sat on a train to Oslo']
    const matrix = await short.embed(texts, { role: 'document' })
    expect(cosine(matrix, 0, 1)).toBeCloseTo(1, 4)
    short.close()
  })

  test('puts the prefix of the role before a text', async () => {
    const prefixes = { query: 'query: ', document: '' }
    const prefixed = transformers(minilm, { local: models, prefixes })
    const [query, document, plain] = await Promise.all([
      prefixed.embed(['a cat'], { role: 'query' }),
      prefixed.embed(['a cat'], { role: 'document' }),
      embed('query: a cat', 'a cat'),
    ])
    expect(query).toEqual(plain.slice(0, 384))
    expect(document).toEqual(plain.slice(384))
    prefixed.close()
  })

  test('stops between batches when aborted, and goes on with the next call', async () => {
    const controller = new AbortController()
    const texts = Array.from({ length: 5_000 }, (_, i) => `a rather long sentence, number ${i}`)
    const { signal } = controller
    const long = embedder.embed(texts, { role: 'document', signal })
    await embed('a cat')
    controller.abort()
    await expect(long).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(embedder.embed(['a'], { role: 'query', signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(await embed('a cat')).toHaveLength(384)
  })

  test('loads again after it was closed', async () => {
    embedder.close()
    expect(embedder.dimension).toBeUndefined()
    expect(await embed('a cat')).toHaveLength(384)
  })

  test('refuses a model whose vectors are of another length than stated', async () => {
    const wrong = transformers(minilm, { local: models, dimension: 768 })
    await expect(wrong.embed(['a'], { role: 'query' })).rejects.toMatchObject({
      code: 'DIMENSION_MISMATCH',
      message: expect.stringMatching(/384.*768/) as string,
    })
  })

  test('says which files it looked for', async () => {
    const missing = transformers('no-such-model', { local: models })
    await expect(missing.embed(['a'], { role: 'query' })).rejects.toMatchObject({
      code: 'EMBEDDING_FAILED',
      message: expect.stringContaining('no-such-model/ must hold config.json') as string,
    })
  })

  test('takes no address for a folder', async () => {
    const remote = transformers(minilm, { local: 'https://example.com/models/' })
    await expect(remote.embed(['a'], { role: 'query' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })
})
