/** A file of every version there was is kept for good; each holds the same records, partly as a snapshot, partly as a log. */
import { readdir, readFile } from 'node:fs/promises'
import { importDatabase, open } from 'quiverdb/local'
import { expect, test } from 'vitest'
import { inRepository } from '../../../scripts/lib/root.mjs'
import expected from '../../fixtures/formats/contents.json'
import { contentsOf } from '../../fixtures/formats/contents.ts'

const folder = inRepository('test', 'fixtures', 'archives')
const files = (await readdir(folder)).sort()

test('every version is kept', () => {
  expect(files).toEqual(['1.quiver'])
})

test.for(files)('imports %s', async (file) => {
  await importDatabase(file, new Blob([await readFile(`${folder}/${file}`)]))
  const db = await open(file)
  expect(await contentsOf(db)).toEqual(expected)
  await db.close()
})
