/** Random actions leave a database that equals a plain Map, whether it is closed or killed. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actions } from '../support/model/actions.ts'
import { type Model, Real } from '../support/model/real.ts'
import { LONG, times } from '../support/torture.ts'

const RUNS = times({ short: 15, full: 1_000 })
const MOST_ACTIONS = 40

test('equals a plain Map', { timeout: LONG }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(actions, { maxCommands: MOST_ACTIONS }), async (commands) => {
      const model: Model = new Map()
      const real = await Real.create(`model-${crypto.randomUUID()}`)
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await real.reopen()
        expect(await real.contents()).toEqual(model)
      } finally {
        await real.end()
      }
    }),
    { numRuns: RUNS },
  )
})
