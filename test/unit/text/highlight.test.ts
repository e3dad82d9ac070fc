import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { english } from '../../../src/text/language/english.ts'
import { highlight, snippet, type TextRange } from '../../../src/text/highlight.ts'

const cut = (text: string, { start, end }: TextRange) => text.slice(start, end)

describe('highlights', () => {
  test('mark the words that a term stands for, as they are written', () => {
    const text = 'Running, he ran; the runs were run.'
    const ranges = highlight(text, new Set(['run']), english)
    expect(ranges.map((range) => cut(text, range))).toEqual(['Running', 'runs', 'run'])
  })

  test('a snippet shows where most of them are', () => {
    const filler = 'some words that say nothing at all about it '.repeat(20)
    const text = `${filler}a whale. ${filler}the white whale hunts the whale. ${filler}`
    const ranges = highlight(text, new Set(['whale', 'white', 'hunt']), english)
    const shown = cut(text, snippet(text, ranges, 80))
    expect(shown).toContain('white whale hunts the whale')
    expect(shown.length).toBeLessThanOrEqual(80)
    expect(` ${text} `).toContain(` ${shown} `)
  })

  test('without highlights it is the beginning; a short text is whole', () => {
    expect(snippet('a short text', [], 80)).toEqual({ start: 0, end: 12 })
    expect(cut('one two three', snippet('one two three', [], 8))).toBe('one two')
  })

  test('a snippet lies within its text, is not too long, and cuts no character', () => {
    const unit = fc.constantFrom('a', ' ', '🙂', 'bc')
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 120 }),
        fc.array(fc.tuple(fc.nat(240), fc.nat(9)), { maxLength: 6 }),
        fc.integer({ min: 2, max: 60 }),
        (text, pairs, length) => {
          const ranges = pairs
            .map(([start, size]) => ({ start, end: start + size }))
            .filter(
              ({ start, end }) => end <= text.length && cut(text, { start, end }).isWellFormed(),
            )
            .sort((a, b) => a.start - b.start)
          const { start, end } = snippet(text, ranges, length)
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeLessThanOrEqual(text.length)
          expect(end - start).toBeLessThanOrEqual(length + 1)
          if (text.length > 0 && ranges.length === 0) expect(end).toBeGreaterThanOrEqual(start)
          expect(cut(text, { start, end }).isWellFormed()).toBe(true)
        },
      ),
    )
  })
})
