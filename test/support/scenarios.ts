/** What is done while IndexedDB fails: each with what was there before. */
import { type Database, deleteDatabase, importDatabase, open as openInWorker } from 'quiverdb'
import { deleteDatabase as deleteLocal, open } from 'quiverdb/local'
import { expect } from 'vitest'
import { FaultyWorker } from './faulty-worker.ts'
import { untilFolded } from './folded.ts'
import { inFull } from './torture.ts'

export interface Scenario {
  readonly name: string
  /** What is stored before. */
  readonly from: keyof typeof preparations | 'nothing'
  readonly act: (stage: Stage) => Promise<unknown>
}

export interface Stage {
  readonly name: string
  /** Where IndexedDB fails. */
  readonly worker: Worker
  /** From here on. */
  readonly arm: () => Promise<void>
  /** Opens the database, which is looked at and closed afterwards. */
  readonly open: () => Promise<Database>
}

/** The ids that are ever used. */
export const IDS = ['a', 'b', 'c', 'd', 'e', 'large', 'later']

const FIELDS = { parity: 'keyword' } as const
const OPTIONS = { dimension: 4, metric: 'l2', fields: FIELDS } as const

/** More than one log record holds; in full, more than one write transaction of a fold, too. */
const LARGE_TEXT = 'large '.repeat(inFull ? 3_000_000 : 750_000)
/** Enough for a log to be folded. */
const FOLDED_TEXT = 'folded '.repeat(20_000)

const record = (id: string, n: number) => ({
  id,
  vector: [n, 2 * n, 1, -n],
  text: `text ${String(n)}`,
  parity: n % 2 ? 'odd' : 'even',
  n,
})

async function writeSome(db: Database): Promise<void> {
  const notes = await db.collection('notes', OPTIONS)
  await notes.upsert([record('a', 1), record('b', 2), record('c', 3)])
  const others = await db.collection('others', OPTIONS)
  await others.upsert([record('a', 10), record('d', 11)])
  await db.collection('open')
  await notes.delete('c')
}

/** By what is stored then; `nothing`: no database. */
export const preparations = {
  log: async (name: string) => {
    const db = await open(name)
    await writeSome(db)
    await db.close()
  },
  /** Two generations, and a log after them. */
  snapshots: async (name: string) => {
    const db = await open(name)
    await writeSome(db)
    const notes = await db.collection('notes')
    for (const n of [20, 21]) {
      await notes.upsert({ ...record('e', n), text: FOLDED_TEXT })
      await untilFolded(db)
    }
    await notes.upsert(record('d', 30))
    await db.close()
  },
}

const notes = (db: Database) => db.collection('notes', OPTIONS)

/** Once the database is open. */
const whenOpen =
  (act: (db: Database) => Promise<unknown>): Scenario['act'] =>
  async ({ open, arm }) => {
    const db = await open()
    await arm()
    await act(db)
  }

const opening: Scenario['act'] = async ({ open, arm }) => {
  await arm()
  await open()
}

const importing =
  (replace: boolean): Scenario['act'] =>
  async ({ arm, name, worker }) => {
    const blob = await exported()
    await arm()
    await importDatabase(name, blob, { worker, replace })
  }

let archive: Promise<Blob> | undefined

/** What the `snapshots` hold, as a file. */
function exported(): Promise<Blob> {
  archive ??= exportSnapshots()
  return archive
}

async function exportSnapshots(): Promise<Blob> {
  const name = `exported-${crypto.randomUUID()}`
  await preparations.snapshots(name)
  const db = await open(name)
  const blob = await db.export()
  await db.close()
  await deleteLocal(name)
  return blob
}

export const scenarios: readonly Scenario[] = [
  { name: 'making a database', from: 'nothing', act: opening },
  { name: 'opening with a log', from: 'log', act: opening },
  { name: 'opening with snapshots', from: 'snapshots', act: opening },
  {
    name: 'making a collection',
    from: 'log',
    act: whenOpen((db) => db.collection('new', OPTIONS)),
  },
  {
    name: 'changing what a collection was made with',
    from: 'log',
    act: whenOpen((db) => db.collection('notes', { quantization: 'f16', fields: { n: 'number' } })),
  },
  {
    name: 'deleting a collection',
    from: 'snapshots',
    act: whenOpen((db) => db.deleteCollection('notes')),
  },
  {
    name: 'upsert',
    from: 'log',
    act: whenOpen(async (db) => (await notes(db)).upsert([record('b', 4), record('e', 5)])),
  },
  {
    name: 'the first write, which fixes the dimension',
    from: 'log',
    act: whenOpen(async (db) =>
      (await db.collection('open')).upsert([
        { id: 'a', vector: [1, 2] },
        { id: 'b', vector: [3, 4] },
      ]),
    ),
  },
  {
    name: 'a large upsert, and the fold after it',
    from: 'snapshots',
    act: whenOpen(async (db) =>
      (await notes(db)).upsert([record('b', 6), { ...record('large', 7), text: LARGE_TEXT }]),
    ),
  },
  {
    name: 'update',
    from: 'snapshots',
    act: whenOpen(async (db) => (await notes(db)).update('b', { n: 8, parity: null })),
  },
  {
    name: 'delete',
    from: 'snapshots',
    act: whenOpen(async (db) => (await notes(db)).delete({ where: { parity: 'even' } })),
  },
  {
    name: 'a fold in idle time',
    from: 'snapshots',
    act: whenOpen(async (db) => (await notes(db)).upsert({ ...record('e', 9), text: FOLDED_TEXT })),
  },
  {
    name: 'taking over from a leader that died',
    from: 'snapshots',
    act: async ({ open, arm, name }) => {
      const leader = new FaultyWorker()
      await openInWorker(name, { worker: leader.worker })
      const db = await open()
      expect(db.status.role).toBe('follower')
      await arm()
      leader.terminate()
      await (await notes(db)).upsert([record('b', 4), record('e', 5)])
    },
  },
  { name: 'importing', from: 'nothing', act: importing(false) },
  { name: 'importing in the place of another', from: 'log', act: importing(true) },
  {
    name: 'deleting the database',
    from: 'snapshots',
    act: async ({ arm, name, worker }) => {
      await arm()
      await deleteDatabase(name, { worker })
    },
  },
]
