import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inRepository } from '../../scripts/lib/root.mjs'
import { exec, installPacked, type PackedPackage } from './packed.ts'

let packed: PackedPackage
beforeAll(async () => {
  packed = await installPacked()
})
afterAll(() => packed.remove())

interface Manifest {
  exports: Record<string, string | Record<string, string>>
  dependencies?: Record<string, string>
  peerDependenciesMeta: Record<string, { optional: boolean }>
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(packed.installed, 'package.json'), 'utf8')) as Manifest
}

const entries = [
  'quiverdb',
  'quiverdb/local',
  'quiverdb/embed/static',
  'quiverdb/embed/transformers',
]

test('carries dist/, its own description, and nothing else', async () => {
  const top = await readdir(packed.installed)
  expect(top.filter((name) => !['README.md', 'LICENSE'].includes(name)).sort()).toEqual([
    'dist',
    'package.json',
  ])
  const dist = await readdir(join(packed.installed, 'dist'))
  expect(dist).toEqual(
    expect.arrayContaining([
      'THIRD-PARTY-LICENCES.txt',
      'core_relaxed_bg.wasm',
      'core_simd128_bg.wasm',
      'core_threads_bg.wasm',
      'index.js',
      'local.js',
      'static-en-256.bin',
      'thread.worker.js',
      'worker.js',
    ]),
  )
})

test('exports its entries, each with types and an ES module, and depends on nothing', async () => {
  const { exports, dependencies, peerDependenciesMeta } = await manifest()
  expect(exports).toEqual({
    '.': { types: './dist/types/index.d.ts', import: './dist/index.js' },
    './local': { types: './dist/types/local.d.ts', import: './dist/local.js' },
    './embed/static': {
      types: './dist/types/embed/static/index.d.ts',
      import: './dist/embed/static.js',
    },
    './embed/transformers': {
      types: './dist/types/embed/transformers/index.d.ts',
      import: './dist/embed/transformers.js',
    },
    './package.json': './package.json',
  })
  expect(dependencies ?? {}).toEqual({})
  expect(peerDependenciesMeta).toEqual({ '@huggingface/transformers': { optional: true } })
})

test('publint finds nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: packed.installed, strict: true, pack: false })
  expect(messages.map((message) => formatMessage(message, pkg as Record<string, unknown>))).toEqual(
    [],
  )
})

test('the worker is started, and the files are found, by literals that bundlers recognise', async () => {
  const read = (file: string) => readFile(join(packed.installed, 'dist', file), 'utf8')
  expect(await read('index.js')).toContain(
    `new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`,
  )
  const worker = await read('worker.js')
  expect(worker).toContain(`new URL('./core_simd128_bg.wasm', import.meta.url)`)
  expect(worker).toContain(`new URL('./core_relaxed_bg.wasm', import.meta.url)`)
  expect(worker).toContain(`new URL('./core_threads_bg.wasm', import.meta.url)`)
  expect(worker).toContain(
    `new Worker(new URL('./thread.worker.js', import.meta.url), { type: 'module' })`,
  )
  expect(worker).toContain(`new URL('./static-en-256.bin', import.meta.url)`)
  expect(await read('embed/transformers.js')).toContain(
    `new Worker(new URL('./transformers.worker.js', import.meta.url), { type: 'module' })`,
  )
})

/** Ends the process with the name of whatever an import reaches for. */
const tripwires = `
const reached = []
for (const name of ['window', 'document', 'self', 'navigator', 'location', 'indexedDB', 'caches',
                    'localStorage', 'Worker', 'SharedWorker', 'fetch', 'XMLHttpRequest', 'WebSocket']) {
  Object.defineProperty(globalThis, name, { configurable: true, get() { reached.push(name) } })
}
const before = Object.getOwnPropertyNames(globalThis)
`

test.for(entries)('importing %s in Node touches nothing', async (entry) => {
  const program = `${tripwires}
    await import('${entry}')
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
    // What the loading of modules itself left behind is gone by then.
    await new Promise((resolve) => setTimeout(resolve, 100))
    console.log(JSON.stringify({ reached, added, busy: process.getActiveResourcesInfo() }))`
  // Nothing may be read but the code itself, nothing written, no process or thread started.
  const permissions = ['--experimental-permission', `--allow-fs-read=${packed.installed}/*`]
  permissions.push(
    `--allow-fs-read=${packed.folder}/package.json`,
    `--allow-fs-read=${packed.folder}/try.mjs`,
  )
  await writeFile(join(packed.folder, 'try.mjs'), program)
  const { stdout } = await exec('node', [...permissions, 'try.mjs'], { cwd: packed.folder })
  const { reached, added, busy } = JSON.parse(stdout) as Record<string, string[]>
  expect(reached).toEqual([])
  expect(added).toEqual([])
  expect(busy?.filter((name) => name !== 'PipeWrap')).toEqual([])
})

test('QuiverError is one class in every entry', async () => {
  const program = `
    import { QuiverError } from 'quiverdb'
    import { open } from 'quiverdb/local'
    const error = await open('').then(() => undefined, (error) => error)
    console.log(error instanceof QuiverError, error?.code)`
  await writeFile(join(packed.folder, 'errors.mjs'), program)
  const { stdout } = await exec('node', ['errors.mjs'], { cwd: packed.folder })
  expect(stdout).toMatch(/^true [A-Z_]+\n$/)
})

test.for([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const)(
  'the types compile alone, in a project with module %s',
  async ([module, resolution]) => {
    const imports = entries.map((entry, i) => `export * as entry${i} from '${entry}'`).join('\n')
    await writeFile(join(packed.folder, 'all.ts'), imports)
    const options = {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
    }
    const config = JSON.stringify({ compilerOptions: options, files: ['all.ts'] })
    await writeFile(join(packed.folder, 'tsconfig.json'), config)
    const tsc = inRepository('node_modules', '.bin', 'tsc')
    const { stdout } = await exec(tsc, ['-p', 'tsconfig.json'], { cwd: packed.folder })
    expect(stdout).toBe('')
  },
)
