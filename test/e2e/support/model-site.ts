import { createReadStream, existsSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer, preview } from 'vite'
import type { Connect, InlineConfig, Plugin } from 'vite'
import { models } from '../../fixtures/minilm.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Folders that the site serves beside its page. */
const MOUNTS = new Map([
  ['/models/', models],
  ['/ort/', here('../../../node_modules/onnxruntime-web/dist/')],
])

const TYPES: Record<string, string> = { '.mjs': 'text/javascript', '.wasm': 'application/wasm' }

export interface ModelSite {
  readonly url: string
  /** While set, requests for paths it matches are answered with 404. */
  missing: RegExp | undefined
  close(): Promise<void>
}

/** Serves the page in fixtures/transformers-page, as Vite's dev server does or as Vite builds it. */
export async function serveModelSite(how: 'dev' | 'built'): Promise<ModelSite> {
  const folder = await mkdtemp(join(tmpdir(), 'quiver-site-'))
  let missing: RegExp | undefined
  const config: InlineConfig = {
    configFile: false,
    logLevel: 'error',
    root: here('../../fixtures/transformers-page'),
    cacheDir: join(folder, 'cache'),
    resolve: {
      alias: { 'quiverdb/embed/transformers': here('../../../src/embed/transformers/index.ts') },
    },
    // Found only when the worker starts, the peer would make the page reload in the middle of a test.
    optimizeDeps: { include: ['comlink', '@huggingface/transformers'] },
    plugins: [mounts(() => missing)],
    server: { host: '127.0.0.1', port: 0 },
    preview: { host: '127.0.0.1', port: 0 },
    build: { outDir: join(folder, 'dist') },
  }
  const server = await (how === 'dev' ? listen(config) : buildAndPreview(config))
  const { port } = server.httpServer!.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    get missing() {
      return missing
    },
    set missing(pattern) {
      missing = pattern
    },
    async close() {
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listen(config: InlineConfig) {
  const server = await createServer(config)
  return server.listen()
}

async function buildAndPreview(config: InlineConfig) {
  await build(config)
  return preview(config)
}

function mounts(missing: () => RegExp | undefined): Plugin {
  const serve: Connect.NextHandleFunction = (request, response, next) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://site').pathname)
    if (missing()?.test(path)) return void response.writeHead(404).end()
    for (const [prefix, folder] of MOUNTS) {
      if (!path.startsWith(prefix)) continue
      const file = normalize(join(folder, path.slice(prefix.length)))
      if (!file.startsWith(folder) || !existsSync(file)) break
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.setHeader('content-length', statSync(file).size)
      return void createReadStream(file).pipe(response)
    }
    next()
  }
  return {
    name: 'mounts',
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(serve),
  }
}

const CHROMIUMS_OWN = /\.(google|googleapis|gvt1)\.com(:|$)/

export interface Outside {
  /** For the browser's `--proxy-server`. */
  readonly address: string
  /** Hosts that were asked for, but for those that Chromium asks on its own account. */
  readonly asked: string[]
  close(): Promise<void>
}

/** A proxy that leads nowhere: a browser behind it reaches this machine only, and what else it asks for is known. */
export async function outside(): Promise<Outside> {
  const asked: string[] = []
  const note = (host: string) => {
    if (!CHROMIUMS_OWN.test(host)) asked.push(host)
  }
  const server: Server = createHttpServer((request, response) => {
    note(new URL(request.url!).host)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket) => {
    note(request.url!)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
