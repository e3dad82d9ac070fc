import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Bitset } from '../../src/collection/filter/bitset.ts'

const MAX_SIZE = 70

const twoSets = fc
  .integer({ min: 0, max: MAX_SIZE })
  .chain((size) =>
    fc.tuple(
      fc.constant(size),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    ),
  )

function setOf(flags: readonly boolean[]): Bitset {
  const set = new Bitset(flags.length)
  for (const [row, flag] of flags.entries()) if (flag) set.add(row)
  return set
}

function flagsOf(set: Bitset): boolean[] {
  return Array.from({ length: set.size }, (_, row) => set.has(row))
}

describe('Bitset', () => {
  test('combines as arrays of booleans do', () => {
    fc.assert(
      fc.property(twoSets, ([, a, b]) => {
        expect(flagsOf(setOf(a).and(setOf(b)))).toEqual(a.map((flag, row) => flag && b[row]))
        expect(flagsOf(setOf(a).or(setOf(b)))).toEqual(a.map((flag, row) => flag || b[row]))
        expect(flagsOf(setOf(a).not())).toEqual(a.map((flag) => !flag))
        expect(setOf(a).not().count()).toBe(a.filter((flag) => !flag).length)
      }),
    )
  })

  test('keeps its bits through growth, copies and bytes', () => {
    fc.assert(
      fc.property(twoSets, fc.nat(MAX_SIZE), ([size, a], more) => {
        const set = setOf(a)
        const copy = set.copy()
        set.grow(size + more)
        expect(flagsOf(set)).toEqual([...a, ...Array<boolean>(more).fill(false)])
        expect(flagsOf(copy)).toEqual(a)
        expect(set.rows()).toEqual([...a.keys()].filter((row) => a[row]))
        expect(set.bytes.length).toBe(Math.ceil((size + more) / 8))
        expect(flagsOf(Bitset.fromBytes(set.bytes, set.size))).toEqual(flagsOf(set))
      }),
    )
  })

  test('puts the lowest row in the lowest bit', () => {
    const set = new Bitset(10)
    set.add(0)
    set.add(9)
    expect([...set.bytes]).toEqual([0b0000_0001, 0b0000_0010])
    set.remove(0)
    set.remove(0)
    expect([...set.bytes]).toEqual([0, 0b0000_0010])
  })

  test('leaves combined sets as they were', () => {
    const a = setOf([true, false])
    const b = setOf([false, true])
    a.and(b)
    a.or(b)
    a.not()
    expect(flagsOf(a)).toEqual([true, false])
    expect(flagsOf(b)).toEqual([false, true])
  })

  test('refuses rows outside it and sets of another size', () => {
    const set = new Bitset(10)
    expect(set.has(10)).toBe(false)
    expect(() => {
      set.add(10)
    }).toThrow(RangeError)
    expect(() => set.and(new Bitset(11))).toThrow(RangeError)
  })

  test('refuses bytes of another size and bits beyond the last row', () => {
    const corrupt: unknown = expect.objectContaining({ code: 'CORRUPT' })
    expect(() => Bitset.fromBytes(new Uint8Array(1), 9)).toThrow(corrupt)
    expect(() => Bitset.fromBytes(new Uint8Array(3), 9)).toThrow(corrupt)
    expect(() => Bitset.fromBytes(Uint8Array.of(0, 0b10), 9)).toThrow(corrupt)
  })
})
