/** What changes a database, and the same for a plain Map. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { randomMatrix, row } from '../vectors.ts'
import type { Model, Real } from './real.ts'

export interface Write {
  readonly name: string
  /** @returns what the database must answer; `undefined`: that it knows no such record */
  readonly apply: (model: Model) => unknown
  readonly run: (real: Real) => Promise<unknown>
}

const NOT_FOUND = 'NOT_FOUND'

const id = fc.nat(30).map((n) => `r${n}`)
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 8 })
const tag = fc.constantFrom('red', 'green', 'blue')
const seed = fc.nat(999)

/** Enough of them for a log to be folded. */
const LONG_TEXT = 'folded '.repeat(20_000)

const upsert = fc
  .record({ ids, seed, tag, text: fc.constantFrom('short', 'short', LONG_TEXT) })
  .map(({ ids, seed, tag, text }): Write => {
    const matrix = randomMatrix(ids.length, 3, seed)
    const vectorOf = (i: number) => row(matrix, 3, i)
    return {
      name: `upsert ${ids.join()} with seed ${seed}, ${tag}, ${text.length} characters`,
      apply: (model) => {
        const updated = ids.filter((id) => model.has(id)).length
        for (const [i, id] of ids.entries()) model.set(id, { vector: [...vectorOf(i)], tag, text })
        return { inserted: ids.length - updated, updated }
      },
      run: ({ collection }) =>
        collection.upsert(ids.map((id, i) => ({ id, vector: vectorOf(i), tag, text }))),
    }
  })

const upsertMatrix = fc.record({ ids, seed }).map(({ ids, seed }): Write => {
  const matrix = randomMatrix(ids.length, 3, seed)
  return {
    name: `upsert ${ids.join()} as a matrix with seed ${seed}`,
    apply: (model) => {
      const updated = ids.filter((id) => model.has(id)).length
      for (const [i, id] of ids.entries()) {
        model.set(id, { vector: [...row(matrix, 3, i)], tag: undefined, text: undefined })
      }
      return { inserted: ids.length - updated, updated }
    },
    run: ({ collection }) => collection.upsert(ids, matrix),
  }
})

const update = fc.record({ id, tag, again: seed }).map(({ id, tag, again }): Write => {
  const vector = again % 2 ? row(randomMatrix(1, 3, again), 3, 0) : undefined
  return {
    name: `update ${id} to ${tag}${vector ? ` and the vector of seed ${again}` : ''}`,
    apply: (model) => {
      const known = model.get(id)
      if (!known) return NOT_FOUND
      model.set(id, { ...known, tag, ...(vector && { vector: [...vector] }) })
      return undefined
    },
    run: ({ collection }) =>
      collection.update(id, { tag, ...(vector && { vector }) }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: NOT_FOUND })
        return NOT_FOUND
      }),
  }
})

const remove = ids.map((ids): Write => ({
  name: `delete ${ids.join()}`,
  apply: (model) => ids.filter((id) => model.delete(id)).length,
  run: ({ collection }) => collection.delete(ids),
}))

const removeWhere = tag.map((tag): Write => ({
  name: `delete where ${tag}`,
  apply: (model) =>
    [...model].filter(([id, known]) => known.tag === tag && model.delete(id)).length,
  run: ({ collection }) => collection.delete({ where: { tag } }),
}))

const empty = fc.constant<Write>({
  name: 'delete the collection',
  apply: (model) => {
    model.clear()
  },
  run: (real) => real.emptied(),
})

/** Of records alone: these may run beside each other. */
export const recordWrite: fc.Arbitrary<Write> = fc.oneof(
  { weight: 6, arbitrary: upsert },
  { weight: 3, arbitrary: upsertMatrix },
  { weight: 3, arbitrary: update },
  { weight: 2, arbitrary: remove },
  { weight: 1, arbitrary: removeWhere },
)

export const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  { weight: 15, arbitrary: recordWrite },
  { weight: 1, arbitrary: empty },
)
