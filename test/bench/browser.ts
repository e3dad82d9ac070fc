import { existsSync, createReadStream, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build, type Plugin, preview } from 'vite'
import { entries, specifierOf } from '../../scripts/build/entries.mjs'
import { inRepository } from '../../scripts/lib/root.mjs'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import { datasets } from './data/dataset.ts'
import { inRivals } from './rivals.ts'

/** Chromium, with the bench's page built as a user's bundler would and served from this machine. */
export interface Browser {
  readonly version: string
  /** A fresh page; those before it are closed. What was stored stays. */
  page(): Promise<Page>
  close(): Promise<void>
}

export async function startBrowser(): Promise<Browser> {
  const site = await serve()
  const profile = await mkdtemp(join(tmpdir(), 'quiver-bench-'))
  const path = await findChromium()
  const context = await chromium.launchPersistentContext(profile, {
    args: chromiumFlags,
    ...(path !== undefined && { executablePath: path }),
  })
  return {
    version: context.browser()?.version() ?? 'unknown',
    page: () => freshPage(context, site.url),
    async close() {
      await context.close()
      await site.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

async function freshPage(context: BrowserContext, url: string): Promise<Page> {
  const earlier = context.pages()
  const page = await context.newPage()
  await Promise.all(earlier.map((other) => other.close()))
  await page.goto(url)
  await page.waitForFunction(() => 'bench' in window)
  return page
}

async function serve(): Promise<{ url: string; close(): Promise<void> }> {
  const config = {
    configFile: false as const,
    logLevel: 'error' as const,
    root: inRepository('test', 'bench', 'page'),
    publicDir: false as const,
    resolve: {
      alias: [
        ...Object.entries(entries).map(([entry, source]) => ({
          find: new RegExp(`^${specifierOf(entry)}$`),
          replacement: inRepository(source),
        })),
        ...['hnswlib-wasm', 'edgevec'].map((rival) => ({
          find: rival,
          replacement: inRivals('node_modules', rival),
        })),
      ],
    },
    plugins: [serveDatasets],
    worker: { format: 'es' as const },
    build: {
      outDir: inRepository('.cache', 'bench', 'site'),
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
    },
    preview: {
      host: '127.0.0.1',
      port: 0,
      // Isolated from other origins, the page has a clock of 5 µs; else it has one of 100.
      headers: {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      },
    },
  }
  await build(config)
  const server = await preview(config)
  const { port } = server.httpServer.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

const serveDatasets: Plugin = {
  name: 'datasets',
  configurePreviewServer({ middlewares }) {
    middlewares.use('/data', (request, response, next) => {
      const file = normalize(join(datasets, request.url ?? ''))
      if (!file.startsWith(datasets) || !existsSync(file)) {
        next()
        return
      }
      response.setHeader('content-length', statSync(file).size)
      createReadStream(file).pipe(response)
    })
  },
}
