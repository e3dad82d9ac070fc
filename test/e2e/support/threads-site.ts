import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, preview, type InlineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What a page must say for its browser to let its threads share memory. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export interface ThreadsSite {
  /** Its pages may share memory among threads. */
  readonly isolated: string
  /** The same pages without leave to. */
  readonly plain: string
  /** Requests for paths that match are answered with 404 from now on. @returns those that were */
  withhold(paths: RegExp | undefined): readonly string[]
  close(): Promise<void>
}

/** Serves the page in fixtures/threads-page as Vite builds it, with Vite's own settings, on the package in dist/. */
export async function serveThreadsSite(): Promise<ThreadsSite> {
  const folder = await mkdtemp(join(tmpdir(), 'quiver-threads-site-'))
  const withholding = new Withholding()
  const config: InlineConfig = {
    configFile: false,
    logLevel: 'error',
    root: here('../../fixtures/threads-page'),
    plugins: [withholding.plugin],
    resolve: { alias: { quiverdb: here('../../../dist/index.js') } },
    build: { outDir: join(folder, 'dist'), target: 'es2023' },
    preview: { host: '127.0.0.1', port: 0 },
  }
  await build(config)
  const isolated = await preview({ ...config, preview: { ...config.preview, headers: isolation } })
  const plain = await preview(config)
  const url = ({ httpServer }: typeof plain) =>
    `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/`
  return {
    isolated: url(isolated),
    plain: url(plain),
    withhold: (paths) => withholding.start(paths),
    async close() {
      await isolated.close()
      await plain.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

class Withholding {
  #paths: RegExp | undefined
  #withheld: string[] = []

  start(paths: RegExp | undefined): readonly string[] {
    this.#paths = paths
    this.#withheld = []
    return this.#withheld
  }

  readonly plugin: Plugin = {
    name: 'withholding',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        const path = request.url!
        if (this.#paths?.test(path)) {
          this.#withheld.push(path)
          response.writeHead(404).end()
        } else next()
      })
    },
  }
}
