// Nothing twice: a step is skipped while its inputs are, byte for byte, those of its last success.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { inRepository, root } from './root.mjs'

/**
 * @param {string} path a file or a folder
 * @returns {Promise<string[]>} the files there, in a stable order; none where nothing exists
 */
async function filesAt(path) {
  if (!existsSync(path)) return []
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/**
 * @param {readonly string[]} inputs paths inside the repository, and other text that decides the result
 * @param {string} [extra]
 */
async function fingerprint(inputs, extra = '') {
  const hash = createHash('sha256').update(process.version).update(extra)
  for (const input of inputs) {
    for (const file of await filesAt(inRepository(input))) {
      const bytes = await readFile(file)
      hash.update(`\n${relative(root, file)} ${bytes.length}\n`).update(bytes)
    }
  }
  return hash.digest('hex')
}

/**
 * @param {string} name of the step
 * @param {object} about
 * @param {readonly string[]} about.inputs files and folders that decide the result
 * @param {readonly string[]} about.outputs what must exist for the step to count as done
 * @param {string} [about.extra] further text that decides the result, such as the version of a tool
 * @param {() => Promise<string | void>} work
 * @returns {Promise<string | void>} 'up to date', or what the work returned
 */
export async function onlyWhenChanged(name, { inputs, outputs, extra }, work) {
  const stamp = inRepository('.cache', 'stamps', name)
  const before = await fingerprint(inputs, extra)
  const done = existsSync(stamp) && (await readFile(stamp, 'utf8')) === before
  if (done && outputs.every((output) => existsSync(inRepository(output)))) return 'up to date'
  // A run that is killed half way must not pass for done.
  await rm(stamp, { force: true })
  const result = await work()
  await mkdir(inRepository('.cache', 'stamps'), { recursive: true })
  await writeFile(stamp, before)
  return result
}
