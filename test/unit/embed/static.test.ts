import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { QuiverError } from '../../../src/contract/errors.ts'
import { staticModel } from '../../../src/embed/static/index.ts'

const model = staticModel()
const documents = { role: 'document' } as const

async function embedOne(text: string): Promise<Float32Array> {
  return model.embed([text], documents)
}

async function cosine(a: string, b: string): Promise<number> {
  const [left, right] = [await embedOne(a), await embedOne(b)]
  return left.reduce((sum, value, i) => sum + value * right[i]!, 0)
}

const length = (vector: Float32Array) => Math.hypot(...vector)

test('knows its space before it is loaded', () => {
  expect(staticModel()).toMatchObject({ id: 'static:en-256-v1', dimension: 256 })
})

test('tells the worker how to make the same one', () => {
  const modelUrl = 'https://example.com/model.bin'
  expect(staticModel().recipe).toEqual({ type: 'static', modelUrl: undefined })
  expect(staticModel({ modelUrl: new URL(modelUrl) }).recipe).toEqual({ type: 'static', modelUrl })
})

test('refuses an address that is none', () => {
  expect(() => staticModel({ modelUrl: './model.bin' })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  )
})

describe('vectors', () => {
  test('are unit vectors, the same at every call and in another instance', async () => {
    const vector = await embedOne('the cat sat on the mat')
    expect(vector).toHaveLength(256)
    expect(length(vector)).toBeCloseTo(1, 6)
    expect(await embedOne('the cat sat on the mat')).toEqual(vector)
    expect(await staticModel().embed(['the cat sat on the mat'], documents)).toEqual(vector)
  })

  test('of a batch are those of its texts one by one, in their order', async () => {
    const texts = [
      'fear of heights',
      '',
      'a dry sandy region',
      '👍',
      'naïve café',
      'fear of heights',
    ]
    const batch = await model.embed(texts, documents)
    const single = await Promise.all(texts.map(embedOne))
    expect(batch).toEqual(Float32Array.from(single.flatMap((vector) => [...vector])))
  })

  test('are the same for questions and documents', async () => {
    expect(await model.embed(['fear of heights'], { role: 'query' })).toEqual(
      await embedOne('fear of heights'),
    )
  })

  test('of no texts are none', async () => {
    expect(await model.embed([], documents)).toEqual(new Float32Array(0))
  })

  test('are close where the meaning is', async () => {
    const kitten = await cosine('a small kitten', 'a young cat')
    expect(kitten).toBeGreaterThan(0.5)
    expect(kitten).toBeGreaterThan(2 * (await cosine('a small kitten', 'the stock market')))
  })

  test('do not change with case, accents and punctuation', async () => {
    expect(await embedOne('CAFÉ, au lait!')).toEqual(await embedOne('cafe au lait'))
  })
})

test.each([
  '',
  ' \n',
  '.',
  '...!? —',
  '👍',
  '❤️ ♥',
  '$ + %',
  '\u0000',
  '[',
  '𝐛𝐨𝐥𝐝',
  'x'.repeat(101),
])('a text without meaning is a row of zeros: %j', async (text) => {
  expect(await embedOne(text)).toEqual(new Float32Array(256))
})

describe('long texts', () => {
  test('mean what their words mean, wherever they are cut', async () => {
    const sentence = 'the fear of great heights makes climbing hard; '
    const [once, often] = [await embedOne(sentence), await embedOne(sentence.repeat(2000))]
    expect(length(often.map((value, i) => value - once[i]!))).toBeLessThan(1e-4)
  })

  test('of 10 MB are embedded', async () => {
    const text = 'a dry sandy region with hardly any rain '.repeat(250_000)
    expect(text.length).toBe(1e7)
    expect(length(await embedOne(text))).toBeCloseTo(1, 5)
  })

  test('without a space are cut between characters, never through one', async () => {
    // An odd start puts the halves of every pair across each even cut.
    const text = `a${'👍'.repeat(20_000)}`
    expect(await embedOne(text)).toEqual(new Float32Array(256))
  })

  test('of a script without spaces are read to their end', async () => {
    const tokyo = await embedOne('東京')
    const often = await embedOne('東京'.repeat(20_000))
    expect(length(often.map((value, i) => value - tokyo[i]!))).toBeLessThan(1e-4)
  })
})

describe('aborting', () => {
  const aborted = { code: 'ABORTED' }

  test('before the call', async () => {
    const signal = AbortSignal.abort()
    await expect(model.embed(['a cat'], { ...documents, signal })).rejects.toMatchObject(aborted)
  })

  test('between texts, and within a long one', async () => {
    for (const texts of [new Array<string>(200_000).fill('a cat'), ['a cat '.repeat(1e6)]]) {
      const controller = new AbortController()
      const embedding = model.embed(texts, { ...documents, signal: controller.signal })
      setTimeout(() => {
        controller.abort()
      }, 1)
      await expect(embedding).rejects.toMatchObject(aborted)
    }
  })
})

describe('a model that cannot be had', () => {
  let missing: unknown
  beforeAll(async () => {
    const modelUrl = new URL('./no-such-model.bin', import.meta.url)
    missing = await staticModel({ modelUrl })
      .embed(['a cat'], documents)
      .catch((error: unknown) => error)
  })

  test('says where it was looked for and what to do', () => {
    expect(missing).toBeInstanceOf(QuiverError)
    expect(missing).toMatchObject({ code: 'EMBEDDING_FAILED', cause: { code: 'NOT_FOUND' } })
    expect((missing as QuiverError).message).toMatch(
      /no-such-model\.bin.*staticModel\({ modelUrl }\)/,
    )
  })

  test('is asked for again at the next call', async () => {
    const file = readFileSync(new URL('../../../models/static-en-256.bin', import.meta.url))
    let requests = 0
    const server = createServer((_, response) => {
      if (++requests === 1) response.writeHead(503).end()
      else response.end(file)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const { port } = server.address() as AddressInfo
      const served = staticModel({ modelUrl: `http://127.0.0.1:${port}/model.bin` })
      await expect(served.embed(['a cat'], documents)).rejects.toMatchObject({
        code: 'EMBEDDING_FAILED',
      })
      expect(await served.embed(['a cat'], documents)).toEqual(await embedOne('a cat'))
      await served.embed(['a dog'], documents)
      expect(requests).toBe(2)
    } finally {
      server.close()
    }
  })

  test('is refused when the file is another', async () => {
    const other = staticModel({ modelUrl: new URL('../../../package-lock.json', import.meta.url) })
    await expect(other.embed(['a cat'], documents)).rejects.toMatchObject({ code: 'CORRUPT' })
  })
})
