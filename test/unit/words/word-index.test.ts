/** What JavaScript adds to the index of words; the index itself is tested in Rust. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import type { WordClause } from '../../../src/contract/words.ts'
import { loadWords, type WordIndex, type WordsEngine } from '../../../src/engine/words/index.ts'

const wasm = new URL('../../../rust-wasm/pkg/words/words_bg.wasm', import.meta.url)

const should = (term: string): WordClause => ({ kind: 'term', term, occur: 'should' })
const words = (text: string) => text.split(' ').map((word) => (word === '_' ? undefined : word))
const rowsOf = (...texts: readonly string[]) =>
  texts.map((text, row) => ({ row, fields: text.split('|').map(words) }))

describe('the module', () => {
  test('takes at most 40 kB on the way to the browser', () => {
    expect(gzipSync(readFileSync(wasm), { level: 9 }).length).toBeLessThan(40_000)
  })

  test('is refused where it is missing or something else', async () => {
    const at = (path: string) => loadWords({ wasmUrl: new URL(path, wasm) })
    await expect(at('nowhere.wasm')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(at('words.js')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('an index of words', () => {
  let engine: WordsEngine
  let index: WordIndex
  const find = (...clauses: readonly WordClause[]) => [...index.search(clauses, { k: 10 }).rows]

  beforeEach(async () => {
    engine = await loadWords()
    index = engine.create(2)
    index.append(rowsOf('cat|the cat sat', 'dog|a dog _ sat on a cat', 'whale'))
    return () => {
      index.free()
    }
  })

  test('finds by terms, prefixes, typing errors and phrases', () => {
    expect(find(should('cat'))).toEqual([0, 1])
    expect(find(should('nothing'))).toEqual([])
    expect(find({ kind: 'prefix', prefix: 'wh', also: ['sat'], occur: 'must' })).toContain(2)
    expect(find({ kind: 'fuzzy', term: 'whlae', edits: 1, occur: 'should' })).toEqual([2])
    expect(find({ kind: 'phrase', terms: ['dog', undefined, 'sat'], occur: 'must' })).toEqual([1])
    expect(find({ kind: 'phrase', terms: ['dog', 'sat'], occur: 'must' })).toEqual([])
    expect(find(should('sat'), { ...should('dog'), occur: 'must_not' })).toEqual([0])
  })

  test('boosts fields and clauses, and keeps to a mask', () => {
    const search = (boosts: number[]) => [...index.search([should('cat')], { k: 9, boosts }).rows]
    expect(search([1, 0])).toEqual([0])
    expect(search([0, 1])).toEqual([0, 1])
    const [once] = index.search([should('sat')], { k: 1 }).scores
    const [twice] = index.search([{ ...should('sat'), boost: 2 }], { k: 1 }).scores
    expect(twice).toBeCloseTo(2 * once!, 5)
    const masked = index.search([should('sat')], { k: 9, mask: Uint8Array.of(0b010) })
    expect([...masked.rows]).toEqual([1])
    expect(index.search([should('sat')], { k: 9, mask: new Uint8Array(0) }).rows).toHaveLength(0)
  })

  test('says which terms a query stood for', () => {
    index.search(
      [
        { kind: 'prefix', prefix: 'w', also: [], occur: 'should' },
        { kind: 'fuzzy', term: 'cap', edits: 1, occur: 'should' },
        { ...should('dog'), occur: 'must_not' },
      ],
      { k: 1 },
    )
    expect(index.searchedTerms()).toEqual(new Set(['whale', 'cat']))
  })

  test('scores after removals as if they had never been', () => {
    const fresh = engine.create(2)
    fresh.append([{ row: 0, fields: [words('cat'), words('the cat sat')] }])
    index.remove([1, 2, 2, 99])
    const [before, after] = [fresh, index].map((each) => each.search([should('cat')], { k: 9 }))
    expect(after).toEqual(before)
    fresh.free()
  })

  test('is saved, loaded and renumbered', () => {
    const loaded = engine.create(2)
    const chunk = index.encode(0, index.rows)
    loaded.load(chunk)
    const clauses = [should('cat'), should('sat')]
    expect(loaded.search(clauses, { k: 9 })).toEqual(index.search(clauses, { k: 9 }))
    expect(loaded.encode(0, 3)).toEqual(chunk)
    expect(() => {
      loaded.load(chunk)
    }).toThrow(expect.objectContaining({ code: 'CORRUPT' }))

    const renumbered = index.renumbered(Uint32Array.of(0xffff_ffff, 0, 7))
    expect([...renumbered.search([should('whale')], { k: 9 }).rows]).toEqual([7])
    expect(renumbered.terms).toBeLessThan(index.terms)
    renumbered.free()
    loaded.free()
  })

  test('refuses what makes no sense, and stays as it was', () => {
    const before = index.encode(0, 3)
    const refused = (call: () => void) => {
      expect(call).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
    refused(() => engine.create(0))
    refused(() => {
      index.append(rowsOf('cat'))
    })
    refused(() => {
      index.append([{ row: 9, fields: [['x'.repeat(256)]] }])
    })
    refused(() => {
      index.append([{ row: 9, fields: [[''], ['']] }])
    })
    refused(() => {
      index.append([{ row: 9, fields: [[], [], ['x']] }])
    })
    refused(() => index.search([should('cat')], { k: 1, boosts: [1] }))
    refused(() => index.search([should('cat')], { k: 1, boosts: [1, NaN] }))
    refused(() => index.search([should('cat')], { k: 1, b: 2 }))
    refused(() => index.search([{ ...should('cat'), boost: -1 }], { k: 1 }))
    refused(() =>
      index.search(
        Array.from({ length: 1025 }, () => should('cat')),
        { k: 1 },
      ),
    )
    refused(() => index.encode(1, 3))
    for (const bytes of [new Uint8Array(0), chunkWith(before, 9), chunkWith(before, 60)]) {
      const other = engine.create(2)
      expect(() => {
        other.load(bytes)
      }).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
      other.free()
    }
    expect(index.encode(0, 3)).toEqual(before)
  })

  test('many rows come in lots, prepared or not, and add up', () => {
    const many = engine.create(1)
    const vocabulary = Array.from({ length: 300 }, (_, n) => `word${n}`)
    for (let row = 0; row < 40_000; row += 5_000) {
      const lot = Array.from({ length: 5_000 }, (_, n) => ({
        row: row + n,
        fields: [[vocabulary[(row + n) % 300], vocabulary[(row + n) % 7]]],
      }))
      if (row % 2 === 0) many.prepare(lot)
      many.append(lot)
    }
    expect(many.rows).toBe(40_000)
    const { rows } = many.search([{ ...should('word299'), occur: 'must' }], { k: 1_000 })
    expect([...rows].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 133 }, (_, n) => 299 + 300 * n),
    )
    expect(many.bytes).toBeGreaterThan(40_000)
    many.free()
  })
})

function chunkWith(chunk: Uint8Array, changed: number): Uint8Array {
  const copy = chunk.slice()
  copy[changed]! ^= 1
  return copy
}
