/** The short form of `npm run test:fuzz`: always the same inputs. */
import { describe, expect, test } from 'vitest'
import { examine } from './examine.ts'
import { allFound, readFound } from './found.ts'
import { inputOf } from './input.ts'
import { loadTargets } from './targets/index.ts'

const INPUTS = 1_000

const targets = await loadTargets()
const found = await allFound()

describe.each(targets)('$name', (target) => {
  test('takes its samples', async () => {
    for (const sample of target.samples) {
      await target.read(sample)
      const sealed = sample.map((part) => part.slice())
      for (const part of sealed) target.seal?.(part)
      expect(sealed).toEqual(sample)
    }
  })

  test(`answers or refuses ${INPUTS} damaged inputs`, async () => {
    for (let seed = 0; seed < INPUTS; seed++) {
      const wrong = await examine(target, inputOf(target, seed))
      expect(wrong, `input ${seed} of ${target.name}`).toBeUndefined()
    }
  })
})

test.each(found)('%s', async (path) => {
  const { target: name, parts } = await readFound(path)
  const target = targets.find((each) => each.name === name)
  expect(target, `a target named ${name}`).toBeDefined()
  expect(await examine(target!, parts)).toBeUndefined()
})
