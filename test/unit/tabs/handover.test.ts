/** What a tab asked of the leader it was itself, and of the next one. */
import { afterEach, expect, it } from 'vitest'
import { LocalDatabase } from '../../../src/collection/database.ts'
import { DatabaseHandle } from '../../../src/collection/handles.ts'
import type { BatchPart } from '../../../src/contract/tabs.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { nextTask } from '../../../src/platform/task.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { randomId } from '../../../src/tabs/channel.ts'
import { Leading } from '../../../src/tabs/leading.ts'
import { Unanswered } from '../../../src/tabs/unanswered.ts'
import { randomMatrix } from '../../support/vectors.ts'

const leaders: Leading[] = []
const nothing = (): undefined => undefined

afterEach(async () => {
  for (const leader of leaders.splice(0)) await leader.end()
})

/** A leader of a database with an empty collection `c`, whose number is the same in each. */
async function lead(): Promise<{ leading: Leading; number: number }> {
  const database = await LocalDatabase.open(
    'handover',
    referenceEngine,
    await openMemoryStorage('handover'),
  )
  const handle = new DatabaseHandle(database, () => database.close())
  const listener = { changed: nothing, written: nothing, lost: nothing }
  const leading = new Leading(randomId(), handle, undefined, listener)
  leaders.push(leading)
  const { number } = await database.collection('c', { dimension: 4 })
  return { leading, number }
}

/** Records in so many parts; counts how many of them were looked at. */
function partsOf(length: number): { parts: BatchPart[]; read: () => number } {
  let read = 0
  const recordsOf = (part: number): unknown[] =>
    Array.from({ length: 100 }, (_, n) => ({
      id: `${String(part)}-${String(n)}`,
      vector: randomMatrix(1, 4, n),
      get text() {
        read++
        // Long work, of which a leader gives its thread away in between.
        const until = performance.now() + 0.05
        while (performance.now() < until);
        return 'text'
      },
    }))
  const parts = Array.from({ length }, (_, part) => ({ records: recordsOf(part) }))
  return { parts, read: () => read }
}

/** Writes through one leader, which loses the lead when half of the records are read. */
async function writeThroughTwo(parts: number) {
  const [first, second] = [await lead(), await lead()]
  let way: Leading | undefined = first.leading
  const unanswered = new Unanswered(() => way, nothing)
  const write = partsOf(parts)
  const writing = unanswered.ask(
    'upsert',
    [{ name: 'c', number: first.number }, write.parts],
    {},
    undefined,
  )
  writing.catch(nothing)
  const length = parts * 100
  while (write.read() < length / 2) await nextTask()
  way = undefined
  await first.leading.end()
  const readBefore = write.read()
  expect(readBefore).toBeLessThan(length)
  for (let task = 0; task < 50; task++) await nextTask()
  expect(write.read()).toBe(readBefore)
  way = second.leading
  unanswered.sendAgain()
  return { writing, database: second.leading.database, length }
}

it('sends a write again whole, wherever the leader before was with it', async () => {
  const { writing, database, length } = await writeThroughTwo(10)
  expect(await writing).toEqual({ inserted: length, updated: 0 })
  expect(await (await database.collection('c')).count()).toBe(length)
})

it('says of a very large write that nothing was written, and never writes its rest alone', async () => {
  const { writing, database } = await writeThroughTwo(140)
  await expect(writing).rejects.toMatchObject({ code: 'NOT_LEADER' })
  expect(await (await database.collection('c')).count()).toBe(0)
})
