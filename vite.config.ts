import { playwright } from '@vitest/browser-playwright'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import type { BrowserProviderOption } from 'vitest/node'
import { demoPlugins } from './demo/build/index.ts'
import { entries, specifierOf } from './scripts/build/entries.mjs'
import { chromiumFlags, findChromium, sqliteFlags } from './scripts/setup/chromium.mjs'
import { startedBrowser } from './test/support/engine-provider.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The demo and the tests import the package by name. While somebody works on it that means src/;
 * the demo that is built is a user like any other and gets dist/.
 */
const packageAlias = (from: 'src' | 'dist') =>
  Object.entries(entries).map(([entry, source]) => ({
    find: new RegExp(`^${specifierOf(entry)}$`),
    replacement: here(from === 'src' ? source : `dist/${entry}.js`),
  }))

const chromium = await findChromium()

/** Long enough for a busy machine with two cores: tests assert what is true, never how fast. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000 }

/** What a browser of another engine, or with another store under its IndexedDB, is tried with. */
const storing = 'test/browser/{storage-,collection-,persistence,model,faults,bytes}*.test.ts'

const driven = (flags: readonly string[], profile: 'forgotten' | 'stored') =>
  playwright({
    persistentContext: profile === 'stored',
    launchOptions: {
      args: [...chromiumFlags, ...flags],
      ...(chromium === undefined ? {} : { executablePath: chromium }),
    },
  })

const inBrowser = (
  name: string,
  include: string,
  browser: 'chromium' | 'firefox' | 'webkit',
  provider: BrowserProviderOption,
) => ({
  extends: true as const,
  // Found half way through a run, a dependency would be bundled then and the page reloaded.
  optimizeDeps: {
    include: ['comlink', 'idb', '@huggingface/tokenizers', 'xxhash-wasm', 'fast-check'],
  },
  test: {
    name,
    include: [include],
    ...patience,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider,
      instances: [{ browser }],
    },
  },
})

/** How often the tests repeat that look for lost data: scripts/torture.mjs says. */
const torture = process.env['QUIVER_TORTURE'] ?? 'short'

export default defineConfig(({ command }) => ({
  resolve: { alias: packageAlias(command === 'build' ? 'dist' : 'src') },
  plugins: demoPlugins(),
  // The built demo works in any folder of any server.
  base: command === 'build' ? './' : '/',
  worker: { format: 'es' },
  build: { target: 'es2023', emptyOutDir: true },
  server: { fs: { allow: [here('.')] } },

  test: {
    provide: { torture: torture === 'short' || torture === 'full' ? torture : Number(torture) },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{unit,contract,fuzz,recall}/**/*.test.ts'],
          environment: 'node',
          ...patience,
        },
      },
      inBrowser('browser', 'test/browser/**/*.test.ts', 'chromium', driven([], 'forgotten')),
      inBrowser('sqlite', storing, 'chromium', driven(sqliteFlags, 'stored')),
      inBrowser('firefox', storing, 'firefox', startedBrowser('firefox')),
      inBrowser('webkit', storing, 'webkit', startedBrowser('webkit')),
      {
        extends: true,
        test: {
          // Each of these starts browsers and servers of its own.
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          // Too long for any `npm test`.
          name: 'torture',
          include: ['test/torture/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 4 * 3_600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          ...patience,
        },
      },
    ],
  },
}))
