import { describe, expect, it } from 'vitest'
import { planSearch } from '../../../src/collection/plan.ts'

const many = { live: 100_000, matching: undefined, graph: 'present', k: 10 } as const

describe('planSearch', () => {
  it('walks the graph where there is one', () => {
    expect(planSearch(many)).toEqual({ method: 'graph', reason: 'graph over 100000 records' })
  })

  it.each([
    ['without a graph', { ...many, graph: 'none' }],
    ['under a filter', { ...many, matching: 5_000 }],
    ['under a filter nothing passes', { ...many, matching: 0 }],
    ['for a large part of all records', { ...many, k: 20_000 }],
  ] as const)('scans %s', (_when, input) => {
    expect(planSearch(input).method).toBe('scan')
  })

  it('says why', () => {
    expect(planSearch({ ...many, matching: 7 }).reason).toContain('7 matching')
    expect(planSearch({ ...many, graph: 'none' }).reason).toContain('no graph')
    expect(planSearch({ ...many, k: 99_999 }).reason).toContain('k of 99999')
  })
})
