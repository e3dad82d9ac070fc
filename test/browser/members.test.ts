/** Members of one database that wait for each other, while the clock is ours. */
import { QuiverError } from 'quiverdb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LocalDatabase } from '../../src/collection/database.ts'
import { DatabaseHandle } from '../../src/collection/handles.ts'
import { referenceEngine } from '../../src/engine/reference.ts'
import { nextTask } from '../../src/platform/task.ts'
import { openMemoryStorage } from '../../src/storage/memory.ts'
import { randomId } from '../../src/tabs/channel.ts'
import { Member } from '../../src/tabs/member.ts'

const members: Member[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})

afterEach(async () => {
  vi.useRealTimers()
  for (const member of members.splice(0)) await member.end(new QuiverError('CLOSED', 'The end.'))
})

/** A member whose database is opened by `open`. */
function memberOf(name: string, open: () => Promise<DatabaseHandle>): Member {
  const member = new Member({
    name,
    durability: 'strict',
    reason: undefined,
    admit: () => Promise.resolve(),
    open,
    locks: navigator.locks,
  })
  members.push(member)
  return member
}

async function openHandle(): Promise<DatabaseHandle> {
  const storage = await openMemoryStorage('members')
  const database = await LocalDatabase.open('members', referenceEngine, storage)
  return new DatabaseHandle(database, () => database.close())
}

/** So many seconds, in which everybody hears what the others say. */
async function pass(seconds: number): Promise<void> {
  for (let half = 0; half < seconds * 2; half++) {
    vi.advanceTimersByTime(500)
    for (let task = 0; task < 5; task++) await nextTask()
  }
}

it('lets one that waits for the store open the database, however long that takes', async () => {
  const name = randomId()
  let opened = 0
  let openNow = (): void => undefined
  const isOpen = new Promise<void>((resolve) => {
    openNow = resolve
  })
  const open = (): Promise<DatabaseHandle> => {
    opened++
    return isOpen.then(openHandle)
  }
  const first = memberOf(name, open)
  const starting = [first.start()]
  await expect.poll(() => opened).toBe(1)
  const second = memberOf(name, open)
  starting.push(second.start())
  const opening = `quiver-opening:${name}`
  for (let passed = 0; passed < 80; passed += 5) {
    await pass(5)
    const { held = [] } = await navigator.locks.query()
    expect(held.filter((lock) => lock.name === opening)).toHaveLength(1)
  }
  openNow()
  await Promise.all(starting)
  expect([first.status.role, second.status.role]).toEqual(['leader', 'follower'])
  expect(opened).toBe(1)
})

it('takes no lead while its page is frozen', async () => {
  const name = randomId()
  let opened = 0
  const open = (): Promise<DatabaseHandle> => {
    opened++
    return openHandle()
  }
  const leader = memberOf(name, open)
  await leader.start()
  const frozen = memberOf(name, open)
  await frozen.start()
  frozen.pause()
  expect(await frozen.ask('collections', [])).toEqual([])
  // Nobody hears it from here on, as if the leader were frozen, too.
  const mute = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockReturnValue()
  const late = expect(frozen.ask('collections', [])).rejects.toMatchObject({ code: 'CLOSED' })
  await pass(12)
  mute.mockRestore()
  expect(opened).toBe(1)
  expect(leader.status.role).toBe('leader')
  await frozen.end(new QuiverError('CLOSED', 'The end.'))
  await late
})
