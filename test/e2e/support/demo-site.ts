import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../../demo/dist/', import.meta.url))

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** The built demo on a server of this machine, at an address that stays when it is stopped and started. */
export class DemoSite {
  readonly #server: Server
  /** Paths that were asked for, in order. */
  readonly requested: string[] = []
  /** A newer build, for the files that differ: what makes the newer text of the older, by path. */
  readonly newer = new Map<string, (text: string) => string>()
  #port = 0

  private constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://site')
      this.requested.push(pathname)
      const path = normalize(join(dist, pathname === '/' ? 'index.html' : pathname))
      const type = types[extname(path)] ?? 'application/octet-stream'
      readFile(path.startsWith(dist) ? path : dist).then(
        (content) => {
          const edit = this.newer.get(pathname)
          response.writeHead(200, { 'content-type': type })
          response.end(edit === undefined ? content : edit(content.toString()))
        },
        () => response.writeHead(404).end(),
      )
    })
  }

  static async start(): Promise<DemoSite> {
    if (!existsSync(join(dist, 'index.html'))) {
      throw new Error('The demo is not built: npm test builds it before these tests.')
    }
    const site = new DemoSite()
    await site.start()
    return site
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Indexes of the files of definitions that were asked for. */
  get definitionsRequested(): number[] {
    const files = this.requested.map((path) => /^\/data\/\w+\/(\d+)\.json$/.exec(path)?.[1])
    return files.filter((file) => file !== undefined).map(Number)
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
