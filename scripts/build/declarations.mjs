// dist/types: the declarations that the entries reach, and no others.

import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { inRepository } from '../lib/root.mjs'
import { run } from '../lib/run.mjs'
import { entries } from './entries.mjs'

const types = inRepository('dist', 'types')

/** An import of one of our modules, by `from '…'` or by `import('…')`. */
const reference = /((?:from|import\() ?['"])(\.[^'"]+)\.ts(?=['"])/g

/**
 * @param {string} file a declaration file
 * @param {Set<string>} reached
 */
async function follow(file, reached) {
  if (reached.has(file)) return
  reached.add(file)
  const text = await readFile(file, 'utf8')
  for (const [, , path = ''] of text.matchAll(reference)) {
    await follow(join(dirname(file), `${path}.d.ts`), reached)
  }
  // Every resolution that TypeScript has ever had understands `.js`.
  await writeFile(file, text.replace(reference, '$1$2.js'))
}

export async function writeDeclarations() {
  await run('tsc', ['-p', 'tsconfig.build.json'])
  /** @type {Set<string>} */
  const reached = new Set()
  for (const source of Object.values(entries)) {
    await follow(join(types, relative('src', source).replace(/\.ts$/, '.d.ts')), reached)
  }
  for (const entry of await readdir(types, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile() && !reached.has(file)) await rm(file)
  }
  await removeEmptyFolders(types)
}

/** @param {string} folder */
async function removeEmptyFolders(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmptyFolders(join(folder, entry.name))
  }
  if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true })
}
