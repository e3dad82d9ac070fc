import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Vigil } from '../../../src/tabs/vigil.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function watching() {
  const deaths: string[] = []
  let pings = 0
  const vigil = new Vigil({
    ping: () => {
      pings++
    },
    dead: (how) => {
      deaths.push(how)
    },
  })
  vigil.begin()
  return { vigil, deaths, pings: () => pings }
}

it('asks a leader that is silent, and gives it up when nobody answers', () => {
  const { deaths, pings } = watching()
  vi.advanceTimersByTime(2_900)
  expect(pings()).toBeGreaterThan(0)
  expect(deaths).toEqual([])
  vi.advanceTimersByTime(200)
  expect(deaths).toEqual(['if free'])
  vi.advanceTimersByTime(8_000)
  expect(deaths.at(-1)).toBe('anyhow')
})

it('waits for a worker whose page says that it is busy, but not for ever', () => {
  const { vigil, deaths } = watching()
  for (let second = 0; second < 58; second++) {
    vi.advanceTimersByTime(1_000)
    vigil.heard('page')
  }
  expect(deaths).toEqual([])
  vi.advanceTimersByTime(2_500)
  expect(deaths[0]).toBe('anyhow')
})

it('blames nobody for the time in which it stood still itself', () => {
  const { vigil, deaths } = watching()
  const now = performance.now()
  const late = vi.spyOn(performance, 'now').mockReturnValue(now + 60_000)
  vi.advanceTimersByTime(500)
  expect(deaths).toEqual([])
  late.mockRestore()
  vigil.end()
  vi.advanceTimersByTime(60_000)
  expect(deaths).toEqual([])
})
