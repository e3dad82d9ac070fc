/**
 * One stored byte changes, or what comes after it is gone. It is noticed; what is answered is what was written; and a
 * collection that was not hit answers as before.
 */
import { type Collection, type Database, deleteDatabase, open, QuiverError } from 'quiverdb/local'
import { beforeAll, expect, test } from 'vitest'
import { untilFolded } from '../support/folded.ts'
import { type Entry, readStored, type Stored, writeStored } from '../support/stored.ts'
import { LONG, sayHowFar, times } from '../support/torture.ts'
import { random, randomMatrix, row } from '../support/vectors.ts'

const CHANGES = times({ short: 100, full: 10_000 })
/** One in so many cuts a value off. */
const CUT_EVERY = 5

const DIMENSION = 8
const ROWS = 60
const NAMES = ['first', 'second'] as const
const ROW_NUMBERS = Array.from({ length: ROWS }, (_, n) => n)
const IDS = ROW_NUMBERS.map((n) => `r${n}`)
/** In the snapshot before the newest, in the newest, in the log. */
const STAGES = 3

const OPTIONS = {
  dimension: DIMENSION,
  metric: 'l2',
  fields: { stage: 'number' },
  quantization: 'int8',
  index: { type: 'hnsw', M: 4, efConstruction: 20 },
} as const

let stored: Stored
/** By collection, then by id. */
type Answers = Readonly<Record<string, Readonly<Record<string, string>>>>

/** After each stage. */
const written: Answers[] = []

beforeAll(async () => {
  const name = crypto.randomUUID()
  const db = await open(name)
  for (let stage = 0; stage < STAGES; stage++) {
    for (const collection of NAMES) {
      const c = await db.collection(collection, OPTIONS)
      const matrix = randomMatrix(ROWS, DIMENSION, stage)
      // Each stage replaces a third of what was there, and folds all but the last.
      const rows = ROW_NUMBERS.filter((n) => n % STAGES >= stage)
      await c.upsert(
        rows.map((n) => ({
          id: `r${n}`,
          vector: row(matrix, DIMENSION, n),
          text: stage < STAGES - 1 ? `${stage} `.repeat(30_000) : 'short',
          stage,
        })),
      )
      await c.delete([`r${stage}`])
    }
    if (stage < STAGES - 1) await untilFolded(db)
    written.push(await answers(db))
  }
  await db.close()
  const { entries, ...rest } = await readStored(name)
  // Room set aside for a full disk says nothing.
  stored = { ...rest, entries: entries.filter(({ key }) => key !== 'spare') }
  await deleteDatabase(name)
})

/** What is answered about each record; and how many there are. */
async function answers(db: Database): Promise<Answers> {
  const all: Record<string, Record<string, string>> = {}
  for (const name of await db.collections()) {
    const collection = await db.collection(name, OPTIONS)
    all[name] = await answersOf(collection)
  }
  return all
}

async function answersOf(
  collection: Collection<typeof OPTIONS.fields>,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const id of IDS) {
    const record = await collection.get(id).catch((error: unknown) => {
      if (!(error instanceof QuiverError) || error.code !== 'CORRUPT') throw error
      return undefined
    })
    if (record) found[id] = JSON.stringify(record)
  }
  const query = new Float32Array(DIMENSION)
  const hits = await collection.search(query, { k: ROWS, ef: 500, include: ['distance'] })
  found['search'] = JSON.stringify(hits.map(({ id }) => id))
  found['count'] = String(await collection.count({ stage: { $gte: 0 } }))
  return found
}

function changed({ value }: Entry, below: (end: number) => number): Uint8Array {
  const bytes = Uint8Array.from(value as Uint8Array)
  if (below(CUT_EVERY) === 0) return bytes.slice(0, below(bytes.length))
  const at = below(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
  return bytes
}

/** What is wrong with how a database answers of which one value was changed. */
async function complaintsAbout(name: string, { store, key }: Entry): Promise<string[]> {
  const complaints: string[] = []
  const db = await open(name).catch((error: unknown) => String(error))
  if (typeof db === 'string') return [`not opened: ${db}`]
  try {
    const now = await answers(db)
    for (const collection of NAMES) {
      const [before = {}, after = {}] = [written.at(-1)?.[collection], now[collection]]
      const differing = Object.keys(before).filter((id) => after[id] !== before[id])
      if (differing.length > 0 && db.status.damage.length === 0) {
        complaints.push(`not noticed: ${differing.join()}`)
      }
      // Where a write is lost, what it replaced is what there is.
      const wasWritten = (id: string) =>
        store === 'log' && written.some((all) => all[collection]?.[id] === after[id])
      const wrong = differing.filter(
        (id) => id.startsWith('r') && after[id] !== undefined && !wasWritten(id),
      )
      if (wrong.length > 0) complaints.push(`answers what was not written: ${wrong.join()}`)
      const isElsewhere =
        store === 'segments' &&
        !String((key as unknown[])[1]).startsWith(`${NAMES.indexOf(collection)}/`)
      if (isElsewhere && differing.length > 0) {
        complaints.push(`${collection} was not hit, and lost ${differing.join()}`)
      }
    }
    const { damage } = await (await db.collection('first')).verify({ sample: 0 })
    if (db.status.damage.length + damage.length === 0) complaints.push('not noticed by anybody')
  } catch (error) {
    complaints.push(String(error))
  } finally {
    await db.close()
  }
  return complaints
}

test('every changed byte is noticed, and nothing else is lost', { timeout: LONG }, async () => {
  const failures: unknown[] = []
  for (let seed = 0; seed < CHANGES; seed++) {
    sayHowFar('bytes changed', seed, CHANGES)
    const next = random(seed)
    const below = (end: number) => Math.floor(next() * end)
    const at = below(stored.entries.length)
    const hit = stored.entries[at]!
    const entries = stored.entries.with(at, { ...hit, value: changed(hit, below) })
    const name = crypto.randomUUID()
    await writeStored(name, { ...stored, entries })
    const complaints = await complaintsAbout(name, hit)
    if (complaints.length > 0) failures.push({ seed, store: hit.store, key: hit.key, complaints })
    await deleteDatabase(name)
  }
  expect(failures).toEqual([])
})
