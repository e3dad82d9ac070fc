/**
 * IndexedDB fails at every single request, in every way it can. Afterwards the database holds what it did before or what was
 * to be written, all of that if it was acknowledged; it can be opened and written; and for as long as it stayed open it
 * answered what is stored.
 */
import { type Database, open, QuiverError } from 'quiverdb'
import { deleteDatabase, open as openLocal } from 'quiverdb/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentsOf } from '../support/contents.ts'
import {
  type Fault,
  type FaultMode,
  FaultyWorker,
  makesSense,
  MODES,
} from '../support/faulty-worker.ts'
import { IDS, preparations, type Scenario, scenarios, type Stage } from '../support/scenarios.ts'
import { readStored, type Stored, writeStored } from '../support/stored.ts'
import { inFull, LONG } from '../support/torture.ts'

/** A call that takes longer will never end. */
const PATIENCE_MS = 30_000
/** Nothing asked of IndexedDB for so long: the fold that follows a write has ended, or there is none. */
const QUIET_MS = 150

const stored = new Map<string, Stored>()
const freshName = () => `faults-${crypto.randomUUID()}`

beforeAll(async () => {
  for (const [preparation, prepare] of Object.entries(preparations)) {
    const name = freshName()
    await prepare(name)
    stored.set(preparation, await readStored(name))
    await deleteDatabase(name)
  }
})

let spare: FaultyWorker | undefined
afterAll(() => {
  spare?.terminate()
})

/** One that lives: starting takes longer than the rest. What a thread does at its first open, it has done. */
async function faultyWorker(): Promise<FaultyWorker> {
  if (spare && !spare.isDead) return spare
  spare = new FaultyWorker()
  const name = freshName()
  await (await open(name, { worker: spare.worker })).close()
  await deleteDatabase(name)
  return spare
}

interface Trial {
  readonly requests: readonly string[]
  /** `acknowledged`, `died`, `hung`, or the code of the error. */
  readonly outcome: string
  /** What it answered afterwards, if it still did. */
  readonly live: string | undefined
  readonly complaints: readonly string[]
}

/** Does it with one fault, if any. */
async function attempt(scenario: Scenario, name: string, fault: Fault | undefined): Promise<Trial> {
  const faulty = await faultyWorker()
  const complaints: string[] = []
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T | string> => {
    const outcome = await Promise.race([
      work().catch((error: unknown) =>
        error instanceof QuiverError ? error.code : `not a QuiverError: ${String(error)}`,
      ),
      faulty.died.then(() => 'died'),
      new Promise<string>((resolve) => setTimeout(resolve, PATIENCE_MS, 'hung')),
    ])
    if (outcome === 'hung') {
      complaints.push(`${what} did not end`)
      faulty.terminate()
    }
    return outcome
  }

  const opened: Database[] = []
  const stage: Stage = {
    name,
    worker: faulty.worker,
    arm: () => faulty.arm(fault),
    open: async () => {
      const db = await open(name, { worker: faulty.worker })
      opened.push(db)
      return db
    },
  }
  const outcome = await guarded('the call', async () => {
    await scenario.act(stage)
    return 'acknowledged'
  })
  if (outcome.startsWith('not')) complaints.push(outcome)
  if (!faulty.isDead) await guarded('the fold', () => faulty.quiet(QUIET_MS))
  if (faulty.isDead) return { requests: [], outcome, live: undefined, complaints }

  const { requests } = await faulty.report()
  await faulty.disarm()
  let live: string | undefined
  for (const db of opened) {
    const answer = await guarded('reading', () => contentsOf(db, IDS))
    if (answer.startsWith('{')) live = answer
    // Closed, or failing with what ended it.
    else if (answer !== 'CLOSED' && answer !== outcome) complaints.push(`reading: ${answer}`)
    const closed = await guarded('closing', () => db.close())
    if (typeof closed === 'string') complaints.push(`closing: ${closed}`)
  }
  const { rejections } = await faulty.report()
  complaints.push(...rejections.map((reason) => `nobody handled ${reason}`))
  return { requests, outcome, live, complaints }
}

/** What is there when it is opened again, without faults. */
async function reopened(name: string): Promise<string> {
  await expect
    .poll(async () => {
      const { held } = await navigator.locks.query()
      return held?.filter((lock) => lock.name?.includes(name))
    })
    .toEqual([])
  const db = await openLocal(name)
  const contents = await contentsOf(db, IDS)
  expect(db.status.damage).toEqual([])
  const collection = await db.collection('notes', { dimension: 4, metric: 'l2' })
  await collection.upsert({ id: 'later', vector: [1, 1, 1, 1] })
  expect(await collection.get('later')).toBeDefined()
  await db.close()
  return contents
}

async function tryOnce(scenario: Scenario, fault: Fault | undefined) {
  const name = freshName()
  const before = stored.get(scenario.from)
  if (before) await writeStored(name, before)
  const trial = await attempt(scenario, name, fault)
  const contents = await reopened(name).catch(
    (error: unknown) => `not opened again: ${String(error)}`,
  )
  await deleteDatabase(name)
  return { ...trial, contents }
}

/** In the short form, so many requests of each scenario fail. */
const SHORT = 12

/** Every fault at every request; short: one at each of a few. */
function faultsOf(requests: readonly string[]): Fault[] {
  const all = requests.map((request, at) => faultsAt(at, request))
  if (inFull) return all.flat()
  const step = Math.ceil(requests.length / SHORT)
  return all.filter((_, at) => at % step === 0).map((faults, i) => faults[i % faults.length]!)
}

/** All that differ at that request. */
function faultsAt(at: number, request: string): Fault[] {
  return MODES.filter((mode) => makesSense(mode, request)).flatMap((mode): Fault[] => [
    { at, mode, lasts: 'once' },
    ...(dies(mode) ? [] : [{ at, mode, lasts: 'on' } as const]),
  ])
}

const dies = (mode: FaultMode) => mode === 'die' || mode === 'issue and die'

test.each(scenarios)('$name', { timeout: LONG }, async (scenario) => {
  const idle: Scenario = { ...scenario, act: async () => undefined }
  const { contents: before } = await tryOnce(idle, undefined)
  const {
    requests,
    outcome,
    live,
    contents: after,
    complaints,
  } = await tryOnce(scenario, undefined)
  expect({ outcome, complaints }).toEqual({ outcome: 'acknowledged', complaints: [] })
  expect(live ?? after).toBe(after)
  const failures: unknown[] = []
  const faults = faultsOf(requests)
  for (const fault of faults) {
    const { outcome, live, contents, complaints: found } = await tryOnce(scenario, fault)
    const complaints = [...found]
    const isAfter = contents === after
    if (!isAfter && contents !== before) complaints.push(`neither before nor after: ${contents}`)
    if (outcome === 'acknowledged' && !isAfter) complaints.push('acknowledged, and lost')
    if (outcome === 'QUOTA_EXCEEDED' && contents !== before) complaints.push('refused, and stored')
    if (live !== undefined && live !== contents) complaints.push(`memory differs: ${live}`)
    const request = requests[fault.at]
    if (complaints.length > 0) failures.push({ request, ...fault, outcome, complaints })
  }
  console.info(`${scenario.name}: ${requests.length} requests, ${faults.length} faults`)
  expect(failures).toEqual([])
})
