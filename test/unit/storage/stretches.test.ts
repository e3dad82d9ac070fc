import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stretchesBetween } from '../../../src/storage/idb/generations.ts'

test('stretches hold every record of the range but the claims', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      fc.nat({ max: 40 }),
      fc.nat({ max: 40 }),
      (claims, after, upTo) => {
        const ascending = claims.toSorted((a, b) => a - b)
        const found = stretchesBetween(ascending, after, upTo).flatMap(([first, last]) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        )
        const all = Array.from({ length: 40 }, (_, i) => i + 1)
        expect(found).toEqual(
          all.filter((seq) => seq > after && seq <= upTo && !claims.includes(seq)),
        )
      },
    ),
  )
})
