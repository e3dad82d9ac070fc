import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import { transformers } from '../../src/embed/transformers/index.ts'
import type { TransformersOptions } from '../../src/embed/transformers/index.ts'
import type {} from '../fixtures/transformers-page/main.ts'
import { cosine, hasMinilm, minilm, models } from '../fixtures/minilm.ts'
import { outside, serveModelSite } from './support/model-site.ts'
import type { ModelSite, Outside } from './support/model-site.ts'

const TEXTS = ['a cat', 'stock market', 'a kitten', '', 'a much longer sentence about some cat']

// Needs ../shared/models.
describe.skipIf(!hasMinilm).each(['built', 'dev'] as const)('MiniLM on a page (%s)', (how) => {
  const builtTest = test.runIf(how === 'built')
  let site: ModelSite
  let world: Outside
  let browser: Browser
  let page: Page
  /** Everything the page and its workers asked for. */
  let requests: URL[]

  beforeAll(async () => {
    site = await serveModelSite(how)
    world = await outside()
    const executablePath = await findChromium()
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...chromiumFlags, `--proxy-server=${world.address}`, '--proxy-bypass-list=127.0.0.1'],
    })
  })
  afterAll(async () => {
    await browser.close()
    await world.close()
    await site.close()
  })
  beforeEach(async () => {
    const context = await browser.newContext()
    page = await context.newPage()
    requests = []
    context.on('request', (request) => requests.push(new URL(request.url())))
    world.asked.length = 0
    await page.goto(site.url)
    await page.waitForFunction(() => 'transformers' in window)
    return () => context.close()
  })

  /** Embeds on the page with an embedder of its own. */
  const embed = (texts: readonly string[], options: TransformersOptions, model = minilm) =>
    page.evaluate(
      async ({ texts, options, model }) => {
        const embedder = window.transformers(model, options)
        try {
          return [...(await embedder.embed(texts, { role: 'document' }))]
        } finally {
          embedder.close()
        }
      },
      { texts, options, model },
    )

  /** The code and message an embedding fails with. */
  const failure = (options: TransformersOptions, model = minilm) =>
    page.evaluate(
      async ({ options, model }) => {
        try {
          await window.transformers(model, options).embed(['a'], { role: 'query' })
          return 'it worked'
        } catch (error) {
          const { name, code, message } = error as Error & { code: string }
          return `${name} ${code}: ${message}`
        }
      },
      { options, model },
    )

  test('embeds as in Node, and no request leaves the origin', async () => {
    const matrix = await embed(TEXTS, { local: '/models/' })
    expect(cosine(matrix, 0, 2)).toBeCloseTo(0.764, 2)
    expect(cosine(matrix, 0, 1)).toBeCloseTo(0.152, 2)
    const node = transformers(minilm, { local: models })
    const expected = await node.embed(TEXTS, { role: 'document' })
    node.close()
    expect(matrix).toHaveLength(expected.length)
    expect(Math.max(...matrix.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4)

    expect(requests.map((url) => url.pathname)).toContain(
      `/models/${minilm}/onnx/model_quantized.onnx`,
    )
    const origin = new URL(site.url).origin
    expect(requests.filter((url) => url.protocol !== 'blob:' && url.origin !== origin)).toEqual([])
    expect(world.asked).toEqual([])
  })

  test('takes the wasm from wasmPaths', async () => {
    const matrix = await embed(['a cat'], { local: '/models/', wasmPaths: '/ort/' })
    expect(matrix).toHaveLength(384)
    expect(requests.map((url) => url.pathname)).toContain(
      '/ort/ort-wasm-simd-threaded.asyncify.wasm',
    )
  })

  builtTest('asks the hub only when no place is given', async () => {
    expect(await failure({})).toMatch(
      /QuiverError EMBEDDING_FAILED: The model .* https:\/\/huggingface\.co/,
    )
    expect(new Set(world.asked)).toEqual(new Set(['huggingface.co:443']))
  })

  test('says what is missing, though the server answers with a page', async () => {
    expect(await failure({ local: '/models/' }, 'no-such-model')).toMatch(
      /QuiverError EMBEDDING_FAILED: .*\/models\/no-such-model\/ must hold config\.json/,
    )
    expect(world.asked).toEqual([])
  })

  builtTest('refuses places on another origin', async () => {
    expect(await failure({ local: 'https://example.com/models/' })).toContain('INVALID_OPTION')
    const wasmPaths = { wasm: 'https://cdn.example.com/ort.wasm' }
    expect(await failure({ local: '/models/', wasmPaths })).toContain('INVALID_OPTION')
    expect(world.asked).toEqual([])
  })

  builtTest('reports bytes as they come', async () => {
    const reports = await page.evaluate(async (model) => {
      const reports: { done: number; total: number; phase: string }[] = []
      const embedder = window.transformers(model, {
        local: '/models/',
        onProgress: (progress) => reports.push(progress),
      })
      await embedder.embed(['a'], { role: 'query' })
      return reports
    }, minilm)
    const last = reports.at(-1)!
    expect(last.phase).toBe('downloading')
    expect(last.done).toBe(last.total)
    expect(last.done).toBeGreaterThan(22_928_619)
    for (const { done, total } of reports) expect(done).toBeLessThanOrEqual(total)
  })

  builtTest('a query overtakes a long import, and the import can be aborted', async () => {
    const outcome = await page.evaluate(async (model) => {
      const embedder = window.transformers(model, { local: '/models/' })
      await embedder.embed(['a'], { role: 'query' })
      const controller = new AbortController()
      const { signal } = controller
      const texts = Array.from({ length: 20_000 }, (_, i) => `a rather long sentence, number ${i}`)
      let running = true
      const long = embedder
        .embed(texts, { role: 'document', signal })
        .catch((error: unknown) => (error as { code?: string }).code)
        .finally(() => (running = false))
      const query = await embedder.embed(['a cat'], { role: 'query' })
      const overtook = running
      controller.abort()
      const code = await long
      // The worker itself stopped: else this would wait for all 20,000.
      const after = await embedder.embed(['a cat'], { role: 'query' })
      return { overtook, code, same: after.every((value, i) => value === query[i]) }
    }, minilm)
    expect(outcome).toEqual({ overtook: true, code: 'ABORTED', same: true })
  })

  builtTest('starts anew after its worker failed', async () => {
    site.missing = /worker/
    const outcome = await page.evaluate(async (model) => {
      const embedder = window.transformers(model, { local: '/models/' })
      Object.assign(window, { embedder })
      const calls = [1, 2].map(() => embedder.embed(['a'], { role: 'query' }))
      const settled = await Promise.allSettled(calls)
      return settled.map((call) =>
        call.status === 'rejected' ? (call.reason as { code: string }).code : call.status,
      )
    }, minilm)
    site.missing = undefined
    expect(outcome).toEqual(['EMBEDDING_FAILED', 'EMBEDDING_FAILED'])
    const length = await page.evaluate(async () => {
      const { embedder } = window as unknown as { embedder: ReturnType<typeof window.transformers> }
      return (await embedder.embed(['a'], { role: 'query' })).length
    })
    expect(length).toBe(384)
  })

  builtTest('calls under way fail when it is closed', async () => {
    const code = await page.evaluate(async (model) => {
      const embedder = window.transformers(model, { local: '/models/' })
      await embedder.embed(['a'], { role: 'query' })
      const long = embedder.embed(Array<string>(20_000).fill('a cat'), { role: 'document' })
      embedder.close()
      return long.then(
        () => 'it worked',
        (error: unknown) => (error as { code: string }).code,
      )
    }, minilm)
    expect(code).toBe('EMBEDDING_FAILED')
  })

  builtTest('computes the same on WebGPU', async () => {
    const options = { local: '/models/' }
    const wasm = await embed(['a cat'], { ...options, device: 'wasm' })
    const webgpu = await embed(['a cat'], { ...options, device: 'webgpu' })
    expect(cosine([...wasm, ...webgpu], 0, 1)).toBeCloseTo(1, 4)
  })
})

// The same flags without WebGPU.
describe.skipIf(!hasMinilm)('a browser without WebGPU', () => {
  test('is told so when WebGPU was asked for by name', async () => {
    const site = await serveModelSite('built')
    const executablePath = await findChromium()
    const browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        ...chromiumFlags.filter((flag) => !flag.includes('webgpu')),
        '--disable-features=WebGPU',
      ],
    })
    const page = await browser.newPage()
    await page.goto(site.url)
    await page.waitForFunction(() => 'transformers' in window)
    const code = await page.evaluate(async (model) => {
      const embedder = window.transformers(model, { local: '/models/', device: 'webgpu' })
      return embedder.embed(['a'], { role: 'query' }).then(
        () => 'it worked',
        (error: unknown) => (error as { code: string }).code,
      )
    }, minilm)
    expect(code).toBe('GPU_UNAVAILABLE')
    await browser.close()
    await site.close()
  })
})
