/** Everything that is done at random to a database and to the Map it must equal. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { randomMatrix, row } from '../vectors.ts'
import type { Model, Real } from './real.ts'
import { anyWrite, recordWrite, type Write } from './writes.ts'

type Action = fc.AsyncCommand<Model, Real>

function action(name: string, run: (model: Model, real: Real) => Promise<void>): Action {
  return { check: () => true, run, toString: () => name }
}

const write = anyWrite.map(({ name, apply, run }) =>
  action(name, async (model, real) => {
    const expected = apply(model)
    expect(await run(real)).toEqual(expected)
  }),
)

/** Several at once, each of which may share a transaction with those beside it: as if one had come after the other. */
const writesAtOnce = fc.array(recordWrite, { minLength: 2, maxLength: 4 }).map((writes) =>
  action(`at once: ${writes.map(({ name }) => name).join('; ')}`, async (model, real) => {
    await Promise.all(writes.map(({ run }) => run(real)))
    const contents = await real.contents()
    const order = ordersOf(writes).find((order) => equal(contents, after(model, order)))
    if (!order) expect(contents).toEqual(after(model, writes))
    for (const { apply } of order ?? writes) apply(model)
  }),
)

function ordersOf(writes: readonly Write[]): Write[][] {
  if (writes.length === 0) return [[]]
  return writes.flatMap((first, i) =>
    ordersOf(writes.toSpliced(i, 1)).map((rest) => [first, ...rest]),
  )
}

function after(model: Model, writes: readonly Write[]): Model {
  const next: Model = new Map(model)
  for (const { apply } of writes) apply(next)
  return next
}

function killDuring(write: Write, delay: number): Action {
  const { name, apply, run } = write
  return action(`killed ${delay} ms after: ${name}`, async (model, real) => {
    const outcome = await Promise.race([
      run(real).then(() => 'acknowledged'),
      new Promise((resolve) => setTimeout(resolve, delay, 'unknown')),
    ])
    await real.kill()
    const contents = await real.contents()
    if (outcome === 'acknowledged' || !equal(contents, model)) {
      expect(contents).toEqual(after(model, [write]))
      apply(model)
    }
  })
}

const equal = (a: Model, b: Model) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
const sorted = (model: Model) => [...model].sort(([a], [b]) => (a < b ? -1 : 1))

const search = fc.nat(999).map((seed) =>
  action(`search with seed ${seed}`, async (model, { collection }) => {
    const query = row(randomMatrix(1, 3, seed), 3, 0)
    const distances = Array.from(model.values(), ({ vector }) =>
      Math.hypot(...vector.map((value, i) => value - query[i]!)),
    ).sort((a, b) => a - b)
    const hits = await collection.search(query, { k: 3, ef: 200 })
    expect(hits.length).toBe(Math.min(3, model.size))
    for (const [i, { distance }] of hits.entries()) expect(distance).toBeCloseTo(distances[i]!, 4)
  }),
)

const count = fc.constantFrom('red', 'green', 'blue').map((tag) =>
  action(`count ${tag}`, async (model, { collection }) => {
    const same = [...model.values()].filter((known) => known.tag === tag)
    expect(await collection.count({ tag })).toBe(same.length)
  }),
)

const check = fc.constant(
  action('compare', async (model, real) => {
    expect(await real.contents()).toEqual(model)
  }),
)

const verify = fc.constant(
  action('verify', async (_, { collection }) => {
    expect(await collection.verify({ sample: 5 })).toMatchObject({ damage: [] })
  }),
)

const fold = fc.constant(action('fold', (_, real) => real.folded()))
const reload = fc.constant(action('reload', (_, real) => real.reopen()))
const roundTrip = fc.constant(action('export and import', (_, real) => real.roundTrip()))
const secondHandle = fc.constant(action('another handle', (_, real) => real.openOnceMore()))
const kill = fc.constant(action('kill', (_, real) => real.kill()))

export const actions: fc.Arbitrary<Action>[] = [
  write,
  write,
  write,
  writesAtOnce,
  fc.tuple(anyWrite, fc.nat(12)).map(([write, delay]) => killDuring(write, delay)),
  search,
  count,
  check,
  verify,
  roundTrip,
  fold,
  reload,
  secondHandle,
  kill,
]
