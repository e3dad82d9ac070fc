import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'
import { entries, specifierOf } from '../../../scripts/build/entries.mjs'
import { inRepository } from '../../../scripts/lib/root.mjs'

export interface BuiltPage {
  readonly url: string
  close(): Promise<void>
}

/** Serves a page of test/fixtures as Vite builds it, on the package as it is in src/: it starts faster than one in parts. */
export async function serveBuiltPage(fixture: string): Promise<BuiltPage> {
  const outDir = await mkdtemp(join(tmpdir(), `quiver-${fixture}-`))
  const config = {
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL(`../../fixtures/${fixture}`, import.meta.url)),
    resolve: {
      alias: Object.entries(entries).map(([entry, source]) => ({
        find: new RegExp(`^${specifierOf(entry)}$`),
        replacement: inRepository(source),
      })),
    },
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
    preview: { host: '127.0.0.1', port: 0 },
  } as const
  await build(config)
  const server = await preview(config)
  const { port } = server.httpServer.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      await server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}
