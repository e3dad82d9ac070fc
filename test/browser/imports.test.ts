/** Files that were tampered with, and imports whose worker dies: what there was before stays, or all of the file is there. */
import {
  type Database,
  deleteDatabase,
  importDatabase,
  open,
  type Progress,
  QuiverError,
} from 'quiverdb'
import { open as openLocal } from 'quiverdb/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Checksum, loadChecksum } from '../../src/storage/codec/checksum.ts'
import { inputOf } from '../fuzz/input.ts'
import type { Target } from '../fuzz/target.ts'
import { putTogether, sealHead, takeApart } from '../support/archives.ts'
import { contentsOf } from '../support/contents.ts'
import { readStored } from '../support/stored.ts'
import { LONG, sayHowFar, times } from '../support/torture.ts'
import { idsOf, randomMatrix, row } from '../support/vectors.ts'

const MUTANTS = times({ short: 60, full: 1_000 })
const KILLS = times({ short: 8, full: 100 })
const REFUSALS = ['CORRUPT', 'NEWER_FORMAT']

const freshName = () => `imports-${crypto.randomUUID()}`
const names = { source: freshName(), old: freshName() }
const files = { fresh: new Blob(), old: new Blob() }
let checksum: Checksum

/** Of a graph, all kinds of fields, and a log after the last fold. */
async function fill(name: string, rows: number, seed: number): Promise<Blob> {
  const db = await openLocal(name)
  const notes = await db.collection('notes', {
    dimension: 16,
    index: { type: 'hnsw' },
    fields: { parity: 'keyword', n: 'number', tags: 'keyword[]', at: 'date', even: 'boolean' },
  })
  const matrix = randomMatrix(rows, 16, seed)
  await notes.upsert(
    idsOf(rows).map((id, n) => ({
      id,
      vector: row(matrix, 16, n),
      text: `text ${String(n)} of ${String(seed)}`,
      ...{
        parity: n % 2 ? 'odd' : 'even',
        n,
        tags: [String(n % 5)],
        at: new Date(n),
        even: n % 2 < 1,
      },
    })),
  )
  await notes.delete('id-3')
  await db.collection('empty')
  const blob = await db.export()
  await db.close()
  return blob
}

const contents = (db: Database) => contentsOf(db, idsOf(50))

beforeAll(async () => {
  checksum = await loadChecksum()
  files.fresh = await fill(names.source, 3_000, 1)
  files.old = await fill(names.old, 400, 2)
})
afterAll(async () => {
  for (const name of Object.values(names)) await deleteDatabase(name)
})

async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer())
}

test(`${MUTANTS} files that were tampered with`, { timeout: LONG }, async () => {
  const bytes = await bytesOf(await smallFile())
  const unused = { name: 'files', read: () => undefined }
  const raw: Target = {
    ...unused,
    samples: [[bytes]],
    seal: (part) => {
      sealHead(part, checksum)
    },
  }
  const resealed: Target = { ...unused, samples: [takeApart(bytes)], jsonFrom: 0 }
  let db = await open(names.old)
  const before = await contents(db)
  let imported = 0
  for (let seed = 0; seed < MUTANTS; seed++) {
    sayHowFar('files tampered with', seed, MUTANTS)
    const [first, ...pieces] = inputOf(seed % 2 ? raw : resealed, seed)
    const blob =
      seed % 2
        ? new Blob([first as Uint8Array<ArrayBuffer>])
        : putTogether(first!, pieces, checksum)
    const refusal: unknown = await importDatabase(names.old, blob, { replace: true }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refusal === undefined) {
      imported++
      db = await open(names.old)
      await contents(db)
      await importDatabase(names.old, files.old, { replace: true })
      db = await open(names.old)
    } else {
      expect(refusal, `seed ${String(seed)}`).toBeInstanceOf(QuiverError)
      expect(REFUSALS, `seed ${String(seed)}`).toContain((refusal as QuiverError).code)
    }
    expect(await contents(db), `seed ${String(seed)}`).toBe(before)
  }
  expect(imported).toBeLessThan(MUTANTS / 2)
  await db.close()
})

/** Small, so that a change more often hits what tells something. */
async function smallFile(): Promise<Blob> {
  const name = freshName()
  const blob = await fill(name, 30, 3)
  await deleteDatabase(name)
  return blob
}

test(`${KILLS} imports whose worker dies`, { timeout: LONG }, async () => {
  const fresh = await contentsIn(names.source)
  const old = await contentsIn(names.old)
  const name = freshName()
  const unhurried = await importAndDie(name, Infinity)
  const outcomes = { old: 0, fresh: 0 }
  for (let kill = 0; kill < KILLS; kill++) {
    await importDatabase(name, files.old, { replace: true })
    const { acknowledged } = await importAndDie(name, (unhurried.ms * kill) / (KILLS - 1))
    const found = await contentsIn(name)
    expect([old, fresh]).toContain(found)
    if (acknowledged) expect(found).toBe(fresh)
    outcomes[found === old ? 'old' : 'fresh']++
  }
  expect(outcomes.old).toBeGreaterThan(0)
  await deleteDatabase(name)
})

/** Ends the worker so many milliseconds after the file was read, or when all is written. */
async function importAndDie(
  name: string,
  patience: number,
): Promise<{ acknowledged: boolean; ms: number }> {
  const worker = entryWorker()
  let start = 0
  const result = await new Promise<string>((resolve) => {
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase !== 'writing' || done > 0) return
      start = performance.now()
      if (patience < Infinity) setTimeout(resolve, patience, 'killed')
    }
    const options = { worker, replace: true, onProgress }
    importDatabase(name, files.fresh, options).then(() => {
      resolve('acknowledged')
    }, resolve)
  })
  worker.terminate()
  expect(['killed', 'acknowledged']).toContain(result)
  return { acknowledged: result === 'acknowledged', ms: performance.now() - start }
}

test('other tabs go on with what is to be replaced, until it is', async () => {
  const name = freshName()
  await importDatabase(name, files.old)
  const worker = entryWorker()
  const leader = await open(name, { worker })
  const follower = await open(name)
  expect([leader.status.role, follower.status.role]).toEqual(['leader', 'follower'])
  const broken = files.fresh.slice(0, files.fresh.size - 1)
  await expect(importDatabase(name, broken, { replace: true })).rejects.toMatchObject({
    code: 'CORRUPT',
  })
  const old = await contents(leader)
  expect(await contents(follower)).toBe(old)
  await importDatabase(name, files.fresh, { replace: true })
  for (const db of [leader, follower]) {
    await expect(db.collections()).rejects.toMatchObject({ code: 'CLOSED' })
  }
  const again = await open(name, { worker })
  expect(await contents(again)).not.toBe(old)
  await again.close()

  const elsewhere = await open(name, { worker })
  await importDatabase(name, files.old, { replace: true })
  await expect(elsewhere.collections()).rejects.toMatchObject({ code: 'CLOSED' })
  worker.terminate()
  await deleteDatabase(name)
})

test('imports into what is encrypted, and exports from it', async () => {
  const name = freshName()
  const encryption = { key: 'a passphrase' }
  await importDatabase(name, files.old, { encryption })
  await expect(open(name)).rejects.toMatchObject({ code: 'WRONG_KEY' })
  const db = await open(name, { encryption })
  const old = await contents(db)
  expect(old).toBe(await contentsIn(names.old))
  expect(await storedText(name)).not.toContain('text 7 of')

  const copy = freshName()
  await importDatabase(copy, await db.export())
  expect(await contentsIn(copy)).toBe(old)

  const wrong = { encryption: { key: 'another' }, replace: true }
  await expect(importDatabase(name, files.fresh, wrong)).rejects.toMatchObject({
    code: 'WRONG_KEY',
  })
  expect(await contents(db)).toBe(old)
  await importDatabase(name, files.fresh, { encryption, replace: true })
  expect(await storedText(name)).not.toContain('text 7 of')
  for (const each of [name, copy]) await deleteDatabase(each)
})

test('nothing is left of what was replaced', async () => {
  const name = freshName()
  await importDatabase(name, files.old, { replace: true })
  expect(await storedText(name)).toContain('text 7 of 2')
  await importDatabase(name, files.fresh, { replace: true })
  const text = await storedText(name)
  expect(text).toContain('text 7 of 1')
  expect(text).not.toContain('of 2')
  await deleteDatabase(name)
})

/** All bytes that are stored, as if they were text. */
async function storedText(name: string): Promise<string> {
  const { entries } = await readStored(name)
  const bytes = entries.flatMap(({ value }) => (value instanceof Uint8Array ? [value] : []))
  return bytes.map((each) => new TextDecoder().decode(each)).join()
}

function entryWorker(): Worker {
  return new Worker(new URL('../../src/worker/entry.ts', import.meta.url), { type: 'module' })
}

async function contentsIn(name: string): Promise<string> {
  const db = await openLocal(name)
  const found = await contents(db)
  await db.close()
  return found
}
