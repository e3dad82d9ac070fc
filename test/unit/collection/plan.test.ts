import { describe, expect, it } from 'vitest'
import { planSearch } from '../../../src/collection/plan.ts'

const many = {
  live: 100_000,
  matching: undefined,
  graph: 'present',
  k: 10,
  radius: undefined,
  targetRecall: undefined,
  ef: 64,
  originals: 'present',
} as const

describe('planSearch', () => {
  it('walks the graph where there is one', () => {
    const reason = 'graph over 100000 records'
    expect(planSearch(many)).toEqual({ method: 'graph', reason, ef: 64 })
  })

  it('says where vectors are still being read', () => {
    const reason = 'graph over 100000 records; by codes alone, as the vectors are still being read'
    expect(planSearch({ ...many, originals: 'loading' })).toEqual({
      method: 'graph',
      reason,
      ef: 64,
    })
  })

  it('walks also under a filter that many records pass', () => {
    const { method, reason } = planSearch({ ...many, matching: 5_001 })
    expect(method).toBe('graph')
    expect(reason).toContain('5% of which match')
  })

  it.each([
    ['without a graph', { ...many, graph: 'none' }],
    ['under a filter that few pass', { ...many, matching: 5_000 }],
    ['under a filter nothing passes', { ...many, matching: 0 }],
    ['for a large part of all records', { ...many, k: 5_001 }],
    ['for a large part of those that match', { ...many, matching: 50_000, k: 2_501 }],
    ['for a recall that no walk reaches', { ...many, ef: Infinity }],
  ] as const)('scans %s', (_when, input) => {
    expect(planSearch(input)).toMatchObject({ method: 'scan', ef: undefined })
  })

  it.each([
    ['within a radius', { ...many, radius: 0.5, k: Infinity }],
    ['for a recall of 1', { ...many, targetRecall: 1 }],
    ['for a recall of 1 without a graph', { ...many, targetRecall: 1, graph: 'none' }],
  ] as const)('compares exactly %s', (_when, input) => {
    expect(planSearch(input)).toMatchObject({ method: 'exact', ef: undefined })
  })

  it('says why', () => {
    expect(planSearch({ ...many, matching: 7 }).reason).toContain('7 matching')
    expect(planSearch({ ...many, graph: 'none' }).reason).toContain('no graph')
    expect(planSearch({ ...many, k: 99_999 }).reason).toContain('k of 99999')
    expect(planSearch({ ...many, radius: 1 }).reason).toContain('radius')
  })
})
