import { expect, it } from 'vitest'
import type { Progress } from 'quiverdb'
import { ProgressReporter } from '../../src/platform/progress.ts'

it('reports the start and the end of each phase, and no flood between', () => {
  const seen: Progress[] = []
  const reporter = new ProgressReporter((progress) => seen.push(progress))
  for (const phase of ['writing', 'indexing'] as const) {
    for (let n = 0; n < 10_000; n++) reporter.report(phase, 0, 5)
    reporter.report(phase, 5, 5)
  }
  for (const phase of ['writing', 'indexing'] as const) {
    const steps = seen.filter((progress) => progress.phase === phase)
    expect(steps.at(0)).toEqual({ phase, done: 0, total: 5 })
    expect(steps.at(-1)).toEqual({ phase, done: 5, total: 5 })
    // Generous: a machine that stands still for seconds may fit more intervals in.
    expect(steps.length).toBeLessThan(100)
  }
})
