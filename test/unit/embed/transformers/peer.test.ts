import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../../../src/embed/transformers/index.ts', import.meta.url))

// The entry as one file in a folder from which Node finds no packages.
let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quiver-peer-'))
  file = join(folder, 'entry.mjs')
  const bundle = await rolldown({ input: entry })
  await bundle.write({ file })
  await bundle.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('importing the entry needs no peer, embedding without it says how to get it', async () => {
  const script = `
    import { transformers } from ${JSON.stringify(file)}
    await transformers('a/b').embed(['a'], { role: 'query' }).catch((error) =>
      console.log(error.code, error.message))
  `
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
  ])
  expect(stdout).toMatch(/^UNSUPPORTED .*npm i @huggingface\/transformers/)
})

test('no bundler finds the peer in the entry, only in the worker', async () => {
  const code = await readFile(file, 'utf8')
  expect(code).not.toMatch(/(from|import\()\s*(\/\*.*?\*\/\s*)*["'`]@huggingface/)
})
