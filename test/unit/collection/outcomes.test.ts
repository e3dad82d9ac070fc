import { expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { type Outcome, Outcomes } from '../../../src/collection/outcomes.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { idsOf, randomMatrix } from '../../support/vectors.ts'

const caller = 0xfedc_ba98_7654_3210n
const call = (n: number) => ({ caller, n: BigInt(n) })

it('knows what a call did, also once the log was replayed', async () => {
  const storage = await openMemoryStorage('outcomes')
  const database = await LocalDatabase.open('outcomes', referenceEngine, storage)
  const c = await database.collection('c', { dimension: 4 })
  await c.upsert(idsOf(5), randomMatrix(5, 4, 1), { call: call(1) })
  await c.upsert(idsOf(8), randomMatrix(8, 4, 2), { call: call(2) })
  await c.update(idsOf(1)[0]!, { name: 'x' }, { call: call(3) })
  await c.delete([...idsOf(2), 'nobody'], { call: call(4) })
  await c.delete('nobody', { call: call(5) })
  await database.deleteCollection('c', { call: call(6) })

  const again = await LocalDatabase.open('outcomes', referenceEngine, storage)
  const expected: (Outcome | undefined)[] = [
    undefined,
    { inserted: 5, updated: 0, deleted: 0 },
    { inserted: 3, updated: 5, deleted: 0 },
    { inserted: 0, updated: 1, deleted: 0 },
    { inserted: 0, updated: 0, deleted: 2 },
  ]
  for (const { outcomes } of [database, again]) {
    for (const [n, outcome] of expected.entries()) expect(outcomes.get(call(n))).toEqual(outcome)
    expect(outcomes.get(call(6))).toBeDefined()
  }
})

it('keeps them across JSON, until their caller has heard of them or is gone', () => {
  const outcomes = new Outcomes()
  const outcome = { inserted: 1, updated: 2, deleted: 3 }
  for (const n of [1, 2, 3]) outcomes.keep(call(n), outcome)
  outcomes.keep({ caller: 7n, n: 1n }, outcome)
  outcomes.keep(undefined, outcome)
  outcomes.heard(caller, 3n)

  const json = JSON.parse(JSON.stringify(outcomes.saved())) as ReturnType<Outcomes['saved']>
  const read = new Outcomes(json)
  expect(read.callers).toEqual([caller, 7n])
  expect([1, 2, 3].map((n) => read.get(call(n)))).toEqual([undefined, undefined, outcome])
  read.forget(7n)
  read.heard(caller, 4n)
  expect(read.callers).toEqual([])
})
