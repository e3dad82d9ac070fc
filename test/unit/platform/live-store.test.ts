import { describe, expect, it, vi } from 'vitest'
import { QuiverError } from '../../../src/contract/errors.ts'
import type { RemoteHits } from '../../../src/contract/protocol.ts'
import { type LiveAnswer, LiveStore } from '../../../src/platform/live-store.ts'

const answer = (id: string): RemoteHits => ({
  hits: [{ id, score: 1 }] as RemoteHits['hits'],
  info: {
    plan: { method: 'scan', reason: '', ef: undefined },
    device: 'wasm',
    timings: { embed: 0, search: 0, hydrate: 0 },
  },
})

interface Run {
  readonly answered: (answer: LiveAnswer) => void
  readonly signal: AbortSignal
  readonly fail: (error: unknown) => void
}

/** A store, and every run of its source. */
function store(): { live: LiveStore; runs: Run[] } {
  const runs: Run[] = []
  const live = new LiveStore(
    (answered, signal) =>
      new Promise((_, fail) => {
        runs.push({ answered, signal, fail })
      }),
  )
  return { live, runs }
}

describe('the store of a live query', () => {
  it('runs one source for all who subscribe, from the first to the last', () => {
    const { live, runs } = store()
    expect(runs).toHaveLength(0)
    const leave = [live.subscribe(vi.fn()), live.subscribe(vi.fn())]
    expect(runs).toHaveLength(1)
    leave[0]?.()
    leave[0]?.()
    expect(runs[0]?.signal.aborted).toBe(false)
    leave[1]?.()
    expect(runs[0]?.signal.aborted).toBe(true)
  })

  it('begins anew where React subscribes twice, and hears nothing of the run before', async () => {
    const { live, runs } = store()
    const listener = vi.fn()
    live.subscribe(listener)()
    live.subscribe(listener)
    const before = live.getSnapshot()
    runs[0]?.answered(answer('late'))
    runs[0]?.fail(new Error('late'))
    await Promise.resolve()
    expect(live.getSnapshot()).toBe(before)
    runs[1]?.answered(answer('a'))
    expect(live.getSnapshot()).toMatchObject({ status: 'ready', hits: [{ id: 'a' }] })
    expect(live.getSnapshot().hits?.info.device).toBe('wasm')
    expect(listener.mock.calls).toEqual([[]])
  })

  it('keeps the hits when a search fails, when it ends, and while it begins anew', async () => {
    const { live, runs } = store()
    const leave = live.subscribe(vi.fn())
    runs[0]?.answered(answer('a'))
    const { hits } = live.getSnapshot()
    const failure = new QuiverError('NOT_FOUND', 'No such record.')
    runs[0]?.answered(failure)
    expect(live.getSnapshot()).toEqual({ status: 'error', hits, error: failure })
    const cause = new Error('anything')
    runs[0]?.fail(cause)
    await vi.waitFor(() => {
      expect(live.getSnapshot().error).toMatchObject({ code: 'INTERNAL', cause })
    })
    leave()
    live.subscribe(vi.fn())
    expect(live.getSnapshot()).toEqual({ status: 'loading', hits, error: undefined })
  })

  it('tells all listeners, also after one that throws, which is shown as uncaught', () => {
    const { live, runs } = store()
    const later: (() => void)[] = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => later.push(task))
    try {
      const listener = vi.fn()
      live.subscribe(() => {
        throw new Error('a mistake of the page')
      })
      live.subscribe(listener)
      runs[0]?.answered(answer('a'))
      expect(listener).toHaveBeenCalledOnce()
      expect(later[0]).toThrow('a mistake of the page')
    } finally {
      vi.restoreAllMocks()
    }
  })
})
