// The README's promises: every fenced block marked `run=node` or `run=browser` is compiled against
// the packed package's types and run as it stands, by a stranger who installed the package.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { transformSync } from 'rolldown/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, preview } from 'vite'
import { inRepository } from '../../scripts/lib/root.mjs'
import { chromiumFlags, findChromium } from '../../scripts/setup/chromium.mjs'
import { exec, installPacked, type PackedPackage } from './packed.ts'

interface Snippet {
  readonly name: string
  readonly place: 'node' | 'browser'
  readonly code: string
}

function runnableSnippets(markdown: string): Snippet[] {
  const fences = markdown.matchAll(/^```(?:ts|js)[^\n]*\brun=(node|browser)\b[^\n]*\n(.*?)^```$/gms)
  return [...fences].map(([, place, code = ''], i) => ({
    name: `snippet${i + 1}`,
    place: place as Snippet['place'],
    code,
  }))
}

const snippets = runnableSnippets(await readFile(inRepository('README.md'), 'utf8'))
const inPlace = (place: Snippet['place']) => snippets.filter((snippet) => snippet.place === place)

let packed: PackedPackage
beforeAll(async () => {
  packed = await installPacked()
})
afterAll(() => packed.remove())

test('there is something to run, in Node and in the browser', () => {
  expect(inPlace('node')).not.toEqual([])
  expect(inPlace('browser')).not.toEqual([])
})

test('all of it has the types it needs', async () => {
  const files = snippets.map(({ name }) => `${name}.ts`)
  for (const { name, code } of snippets) {
    await writeFile(join(packed.folder, `${name}.ts`), `${code}\nexport {}\n`)
  }
  const options = {
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    noEmit: true,
  }
  const config = JSON.stringify({ compilerOptions: options, files })
  await writeFile(join(packed.folder, 'tsconfig.json'), config)
  const tsc = inRepository('node_modules', '.bin', 'tsc')
  const { stdout } = await exec(tsc, ['-p', 'tsconfig.json'], { cwd: packed.folder })
  expect(stdout).toBe('')
})

describe('in Node', () => {
  test.for(inPlace('node'))('$name runs', async ({ name, code }) => {
    const { code: script, errors } = transformSync(`${name}.ts`, code)
    expect(errors).toEqual([])
    await writeFile(join(packed.folder, `${name}.mjs`), script)
    await exec('node', [`${name}.mjs`], { cwd: packed.folder })
  })
})

describe('in the browser, bundled by Vite', () => {
  test.for(inPlace('browser'))('$name runs', async ({ name, code }) => {
    const root = packed.folder
    await writeFile(join(root, 'main.ts'), `${code}\ndocument.title = 'ran to its end'\n`)
    await writeFile(
      join(root, 'index.html'),
      '<!doctype html><title>running</title><script type="module" src="main.ts"></script>',
    )
    const outDir = join(root, `site-${name}`)
    const options = { root, configFile: false, logLevel: 'error', build: { outDir } } as const
    await build({ ...options, build: { outDir, target: 'es2022' } })
    const server = await preview({ ...options, preview: { port: 0 } })

    const executablePath = await findChromium()
    const browser = await chromium.launch({
      args: chromiumFlags,
      ...(executablePath === undefined ? {} : { executablePath }),
    })
    try {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(server.resolvedUrls?.local[0] ?? '')
      await expect
        .poll(async () => errors[0] ?? (await page.title()), { timeout: 90_000 })
        .toBe('ran to its end')
    } finally {
      await browser.close()
      await server.close()
    }
  })
})
