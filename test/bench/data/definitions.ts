import { readFile } from 'node:fs/promises'
import { prepareData } from '../../../scripts/data.mjs'
import { inRepository } from '../../../scripts/lib/root.mjs'
import { staticModel } from '../../../src/embed/static/index.ts'
import type { Raw } from './dataset.ts'

/** As in the demo's files: id, words, definition, examples. */
type Entry = readonly [string, readonly string[], string, readonly string[]]

/** All of WordNet's entries, in the order of the demo. */
export async function readEntries(): Promise<Entry[]> {
  await prepareData()
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(inRepository('demo', 'public', 'data', file), 'utf8'))
  const manifest = (await readJson('manifest.json')) as {
    version: string
    total: number
    batchSize: number
  }
  const entries: Entry[] = []
  for (let batch = 0; batch * manifest.batchSize < manifest.total; batch++) {
    const file = `${manifest.version}/${String(batch).padStart(3, '0')}.json`
    entries.push(...((await readJson(file)) as Entry[]))
  }
  return entries
}

/** Entries as texts: their words and definition. */
export const toText = ([, words, definition]: Entry): string => `${words.join(', ')}: ${definition}`

/** The demo's definitions in the static model; the queries are examples, spread evenly over the entries that have one. */
export async function loadDefinitions(rows: number, queries: number): Promise<Raw> {
  const entries = (await readEntries()).slice(0, rows)
  const examples = entries.flatMap(([, , , [first]]) => (first === undefined ? [] : [first]))
  const step = Math.floor(examples.length / queries)
  const questions = Array.from({ length: queries }, (_, i) => examples[i * step]!)
  const model = staticModel()
  return {
    dimension: model.dimension!,
    rows: await model.embed(entries.map(toText), { role: 'document' }),
    queries: await model.embed(questions, { role: 'query' }),
  }
}
