import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

export interface StorageSite {
  readonly url: string
  close(): Promise<void>
}

/** Serves the page in fixtures/storage-page. */
export async function serveStorageSite(): Promise<StorageSite> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'quiver-storage-site-'))
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../../fixtures/storage-page', import.meta.url)),
    cacheDir,
    optimizeDeps: { include: ['idb', 'xxhash-wasm'] },
    server: { host: '127.0.0.1', port: 0 },
  })
  await server.listen()
  const { port } = server.httpServer!.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      await server.close()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}
