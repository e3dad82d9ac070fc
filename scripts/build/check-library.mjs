// What must hold of dist/ for every bundler, server and plain page: see each check. A build that
// breaks one fails, so that none is ever published.

import { readFile, readdir } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { parseSync } from 'rolldown/utils'
import { gzippedSize } from '../lib/gzipped-size.mjs'
import { inRepository } from '../lib/root.mjs'
import { places } from './assets.mjs'

/** The one package that is not bundled. Its users install it themselves. */
export const peer = '@huggingface/transformers'
const mayImportPeer = 'embed/transformers.worker.js'

const dist = inRepository('dist')

/** What every bundler recognises, and rewrites to where it puts the file. */
const urlLiteral = /new URL\('([^']+)', import\.meta\.url\)/g
const workerLiteral = /new Worker\(new URL\('([^']+)', import\.meta\.url\), \{ type: 'module' \}\)/g

/**
 * @param {string} extension
 * @returns {Promise<Map<string, string>>} the text of every such file in dist/, by its path there
 */
async function readAll(extension) {
  /** @type {Map<string, string>} */
  const found = new Map()
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(extension)) continue
    const file = join(entry.parentPath, entry.name)
    found.set(relative(dist, file).split(sep).join('/'), await readFile(file, 'utf8'))
  }
  return found
}

/**
 * @param {string} file
 * @param {string} code
 * @returns {string[]} what the module imports, statically or dynamically, by name
 */
function importsOf(file, code) {
  const { module } = parseSync(file, code)
  const fixed = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports
      .flatMap((statement) => statement.entries)
      .flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
  ]
  // An import by variable is no bundler's business: it is how Node is asked for what only Node has.
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest }) => {
    const written = code.slice(moduleRequest.start, moduleRequest.end)
    return /^(['"`])(.*)\1$/.exec(written)?.[2] ?? []
  })
  return [...fixed, ...dynamic]
}

/** @returns {Promise<string>} the sizes, for people */
export async function checkLibrary() {
  const problems = []
  const found = await readAll('.js')
  /** @type {Set<string>} */
  const referred = new Set()
  /** @type {Set<string>} */
  const started = new Set()

  for (const [file, code] of found) {
    for (const imported of importsOf(file, code)) {
      if (imported === peer && file === mayImportPeer) continue
      if (!imported.startsWith('.'))
        problems.push(`${file} imports ${imported}: it must be bundled`)
      else if (!found.has(posix.join(posix.dirname(file), imported))) {
        problems.push(`${file} imports ${imported}, which is not in dist/`)
      }
    }
    for (const [, url = ''] of code.matchAll(urlLiteral)) {
      referred.add(posix.join(posix.dirname(file), url))
    }
    for (const [, url = ''] of code.matchAll(workerLiteral)) {
      started.add(posix.join(posix.dirname(file), url))
    }
  }
  for (const place of places.values()) {
    const used = place.endsWith('.js') ? started : referred
    if (!used.has(place)) problems.push(`no module names ${place} in a literal that bundlers find`)
  }
  for (const [file, text] of await readAll('.d.ts')) {
    for (const [, imported] of text.matchAll(/(?:from|import\() ?['"]([^.'"][^'"]*)['"]/g)) {
      problems.push(`the types in ${file} need ${imported}, which users do not have`)
    }
  }
  for (const worker of ['worker.js', 'thread.worker.js', mayImportPeer]) {
    const beside = importsOf(worker, found.get(worker) ?? '').filter((name) => name.startsWith('.'))
    if (beside.length > 0)
      problems.push(`${worker} imports ${beside.join(', ')}: it must be one file`)
  }
  if (problems.length > 0)
    throw new Error(`dist/ is not fit to publish:\n- ${problems.join('\n- ')}`)

  return ['index.js', 'worker.js']
    .map((file) => `${file} ${gzippedSize(found.get(file) ?? '')}`)
    .join(', ')
}
