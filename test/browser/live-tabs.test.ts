import { deleteDatabase, type Role } from 'quiverdb'
import { open as openLocal } from 'quiverdb/local'
import { afterEach, describe, expect, it } from 'vitest'
import type { Announcement, FollowerFrame, LeaderFrame } from '../../src/contract/tabs.ts'
import { failsWith, finds, Follower, ready, settled } from '../support/live.ts'
import { openTab, type Tab } from '../support/tabs.ts'

const OPTIONS = { dimension: 2, metric: 'l2' } as const

const tabs: Tab[] = []
const names = new Set<string>()
const taps: BroadcastChannel[] = []
let next = 0

function freshName(): string {
  const name = `live-tabs-${String(next++)}`
  names.add(name)
  return name
}

async function tab(name: string): Promise<Tab> {
  const opened = await openTab(name)
  tabs.push(opened)
  return opened
}

/** Hears all that leader and followers say to each other from now on. */
function tap(name: string): (LeaderFrame | FollowerFrame)[] {
  const frames: (LeaderFrame | FollowerFrame)[] = []
  listen(`quiver:${name}`, (message) => {
    const said = message as Announcement
    if (said.type !== 'join') return
    listen(`quiver-pipe:${said.term}:${said.member}`, (frame) => {
      frames.push(frame as LeaderFrame | FollowerFrame)
    })
  })
  return frames
}

function listen(name: string, heard: (message: unknown) => void): void {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => {
    heard(data)
  }
  taps.push(channel)
}

afterEach(async () => {
  for (const { kill } of tabs.splice(0)) kill()
  for (const channel of taps.splice(0)) channel.close()
  for (const name of names) await deleteDatabase(name)
  names.clear()
})

const point = (id: string, x: number) => ({ id, vector: [x, 0] })

describe('live queries of several tabs', () => {
  it('hear of what any of them writes', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    const local = await openLocal(name)
    expect([a.db, b.db, local].map(({ status }) => status.role)).toEqual([
      'leader',
      'follower',
      'follower',
    ])
    const collections = []
    for (const db of [a.db, b.db, local]) collections.push(await db.collection('c', OPTIONS))
    const lives = collections.map((c) => new Follower(c.live([0, 0], { k: 1 })))
    for (const live of lives) await live.until(ready)
    for (const [n, c] of collections.entries()) {
      const id = `by ${String(n)}`
      await c.upsert(point(id, 3 - n))
      for (const live of lives) await live.until(finds(id))
    }
    expect(lives.map(({ told }) => told)).toEqual([4, 4, 4])
    for (const { stop } of lives) stop()
    await local.close()
  })

  it('search far less often than another tab writes, and post only what has changed', async () => {
    const name = freshName()
    const a = await tab(name)
    const frames = tap(name)
    const b = await tab(name)
    const [inA, inB] = [await a.db.collection('c', OPTIONS), await b.db.collection('c')]
    await inA.upsert(point('nearest', 0))
    const live = new Follower(inB.live([0, 0], { k: 1 }))
    await live.until(finds('nearest'))
    for (let n = 0; n < 1_000; n += 20) {
      const points = Array.from({ length: 20 }, (_, i) => point(`p${String(n + i)}`, 1 + n + i))
      await Promise.all(points.map((each) => inA.upsert(each)))
    }
    await inA.upsert(point('nearer', -0.001))
    await inA.delete('nearest')
    await live.until(finds('nearer'))
    const searches = () => frames.filter((f) => f.type === 'call' && f.method === 'searchAgain')
    const answers = () => {
      const asked = new Set(searches().map((frame) => 'n' in frame && frame.n))
      return frames.filter((frame) => frame.type === 'result' && asked.has(frame.n))
    }
    await settled()
    await expect.poll(() => answers().length).toBe(searches().length)
    const said = frames.filter(({ type }) => type === 'written').length
    expect(said).toBeGreaterThan(0)
    expect(said).toBeLessThan(300)
    expect(searches().length).toBeLessThanOrEqual(said + 2)
    const sent = answers().filter((frame) => frame.type === 'result' && frame.value !== undefined)
    expect(sent).toHaveLength(live.told)
    expect(live.told).toBe(2)
    live.stop()
  })

  it('ask for nothing while nothing is written, nor once nobody is subscribed', async () => {
    const name = freshName()
    const a = await tab(name)
    const frames = tap(name)
    const b = await tab(name)
    const [inA, inB] = [await a.db.collection('c', OPTIONS), await b.db.collection('c')]
    const live = new Follower(inB.live([0, 0]))
    await live.until(ready)
    await settled()
    frames.length = 0
    await settled()
    expect(frames).toEqual([])
    await inA.upsert(point('a', 1))
    await live.until(finds('a'))
    live.stop()
    await settled()
    frames.length = 0
    await inA.upsert(point('b', 0))
    await settled()
    expect(frames.map(({ type }) => type)).toEqual(['written'])
    expect(live.told).toBe(2)
  })

  it('go on without an error when the leader is killed, or closes', async () => {
    const name = freshName()
    const leaders = [await tab(name), await tab(name), await tab(name)]
    const last = await tab(name)
    const roles: Role[] = []
    last.db.on('role', (role) => roles.push(role))
    const c = await last.db.collection('c', OPTIONS)
    const statuses = new Set<string>()
    const query = c.live([0, 0], { k: 1 })
    query.subscribe(() => statuses.add(query.getSnapshot().status))
    const live = new Follower(query)
    await live.until(ready)
    for (const [n, leader] of leaders.entries()) {
      const there = await leader.db.collection('c')
      // Nobody is left to say that this was written.
      await there.upsert(point(`by ${String(n)}`, 10 - n))
      if (n === 1) await leader.close()
      else leader.kill()
      await live.until(finds(`by ${String(n)}`))
    }
    expect(roles).toEqual(['leader'])
    await c.upsert(point('by the last', 0))
    await live.until(finds('by the last'))
    expect(statuses).toEqual(new Set(['ready']))
    live.stop()
  })

  it('are answered by whomever leads when the leader dies while they search', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    const inB = await b.db.collection('c', OPTIONS)
    await inB.upsert(point('a', 0))
    a.keepBusy(60_000)
    const live = new Follower(inB.live([0, 0]))
    a.kill()
    await live.until(finds('a'))
    expect(live.told).toBe(1)
    live.stop()
  })

  it('end with CLOSED when their worker is killed, or another tab deletes the database', async () => {
    const name = freshName()
    const [a, b] = [await tab(name), await tab(name)]
    const [inA, inB] = [await a.db.collection('c', OPTIONS), await b.db.collection('c')]
    const lives = [inA, inB].map((c) => new Follower(c.live([0, 0])))
    for (const live of lives) await live.until(ready)
    a.kill()
    await lives[0]?.until(failsWith('CLOSED'))
    await inB.upsert(point('a', 0))
    await lives[1]?.until(finds('a'))
    await deleteDatabase(name)
    await lives[1]?.until(failsWith('CLOSED'))
    for (const { stop } of lives) stop()
  })
})
