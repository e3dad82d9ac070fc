/** The leader's end of a pipe, when the follower at the other end is gone. */
import { expect, it } from 'vitest'
import type { CallContext } from '../../../src/collection/call-context.ts'
import type { FollowerFrame, LeaderFrame } from '../../../src/contract/tabs.ts'
import { Channel, pipeOf, randomId } from '../../../src/tabs/channel.ts'
import { Following } from '../../../src/tabs/following.ts'
import { Session } from '../../../src/tabs/session.ts'

type Pipe = Channel<LeaderFrame, FollowerFrame>

it('says nothing more of a call whose caller is gone', async () => {
  const [term, member] = [randomId(), randomId()]
  /** What a call meets that goes on when the follower has gone, which it does while its embedder is at work. */
  const meet = async ({ signal, onProgress, embedder }: CallContext): Promise<unknown[]> => {
    const met: unknown[] = []
    const role = 'document'
    await embedder!.embed(['a'], { role, signal }).catch((error: unknown) => met.push(error))
    await embedder!.embed(['b'], { role, signal: undefined }).catch((error: unknown) => {
      met.push(error)
    })
    onProgress?.({ done: 1, total: 2, phase: 'writing' })
    return met
  }
  const met = await new Promise((resolve) => {
    const session = new Session(term, member, {
      ended: false,
      run: async (_frame, _caller, context) => meet(context).then(resolve, resolve),
    })
    const follower = new Channel<LeaderFrame, FollowerFrame>(pipeOf(term, member), (frame) => {
      if (frame.type !== 'embed') return
      follower.close()
      session.end()
    })
    const embedder = { id: 'e', dimension: 2, maxTokens: undefined }
    follower.post({ type: 'call', n: 1, heard: 1, method: 'stats', args: [], parts: 0, embedder })
  })
  const gone: unknown = expect.objectContaining({ code: 'CLOSED' })
  expect(met).toEqual([gone, gone])
})

it('asks an embedder again whose tab has joined anew', async () => {
  const [term, member] = [randomId(), randomId()]
  const session = new Session(term, member, {
    ended: false,
    run: (_frame, _caller, { embedder, signal }) =>
      embedder!.embed(['a'], { role: 'query', signal }),
  })
  const embedder = { id: 'e', dimension: 2, maxTokens: undefined }
  const call = {
    type: 'call',
    n: 1,
    heard: 1,
    method: 'stats',
    args: [],
    parts: 0,
    embedder,
  } as const
  const join = (heard: (frame: LeaderFrame, pipe: Pipe) => void): void => {
    const pipe: Pipe = new Channel(pipeOf(term, member), (frame) => {
      heard(frame, pipe)
    })
    pipe.post(call)
  }
  await new Promise<void>((asked) => {
    join((_frame, pipe) => {
      pipe.close()
      asked()
    })
  })
  const matrix = new Float32Array([1, 2])
  const answer = await new Promise((resolve) => {
    join((frame, pipe) => {
      if (frame.type === 'embed') {
        pipe.post({ type: 'embedded', id: frame.id, matrix })
        return
      }
      pipe.close()
      resolve(frame)
    })
  })
  expect(answer).toEqual({ type: 'result', n: 1, value: matrix })
  session.end()
})

it('refuses a write of which a part could not be read', async () => {
  const [term, member] = [randomId(), randomId()]
  const session = new Session(term, member, {
    ended: false,
    run: () => Promise.reject(new Error('It must not run.')),
  })
  const answer = await new Promise((resolve) => {
    const pipe: Pipe = new Channel(pipeOf(term, member), (frame) => {
      pipe.close()
      resolve(frame)
    })
    const c = { name: 'c', number: 1 }
    pipe.post({ type: 'part', n: 1, part: { records: [{ id: 'a' }] } })
    pipe.post({
      type: 'call',
      n: 1,
      heard: 1,
      method: 'upsert',
      args: [c],
      parts: 2,
      embedder: undefined,
    })
  })
  expect(answer).toMatchObject({ type: 'error', n: 1, error: { code: 'INVALID_RECORD' } })
  session.end()
})

it('fails the calls that are under way when a message cannot be read at the other end', async () => {
  const [term, member] = [randomId(), randomId()]
  const nothing = (): undefined => undefined
  const following = new Following(term, member, {
    welcomed: nothing,
    alive: nothing,
    changed: nothing,
    written: nothing,
    closed: nothing,
  })
  const leader = new Channel<FollowerFrame, LeaderFrame>(pipeOf(term, member), () => {
    leader.post({ type: 'unreadable' })
  })
  const call = { n: 1, method: 'stats', args: [], options: {}, embedder: undefined } as const
  const answer = new Promise((resolve, reject) => {
    following.send({ ...call, isUsedUp: false, resolve, reject }, 1)
  })
  await expect(answer).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  following.end()
  leader.close()
})
