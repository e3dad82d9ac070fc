import { analyze } from './analyze.ts'
import type { Language } from './language/language.ts'

/** A stretch of a text, in UTF-16 units. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** Where a text holds the terms. */
export function highlight(
  text: string,
  terms: ReadonlySet<string>,
  language: Language,
): TextRange[] {
  const hits = analyze(text, language).filter(({ term }) => terms.has(term))
  return hits.map(({ start, end }) => ({ start, end }))
}

/**
 * The stretch of a text, at most `length` long, that holds most of the ranges, in order, of which it is to show as many as it
 * can; the first such, with as much before as after. It ends between words where there are spaces near by.
 */
export function snippet(text: string, ranges: readonly TextRange[], length: number): TextRange {
  const { first, last } = densest(ranges, length)
  const start = ranges[first]?.start ?? 0
  const end = Math.min(ranges[last]?.end ?? 0, start + length)
  const before = Math.floor((length - (end - start)) / 2)
  const from = Math.max(0, Math.min(start - before, text.length - length))
  const to = Math.min(text.length, from + length)
  return { start: wordStart(text, from, start), end: wordEnd(text, to, Math.max(end, from)) }
}

/** The most ranges, one after the other, that lie within `length`. */
function densest(ranges: readonly TextRange[], length: number): { first: number; last: number } {
  let best = { first: 0, last: 0 }
  for (let first = 0, last = 0; last < ranges.length; last++) {
    while (first < last && ranges[last]!.end - ranges[first]!.start > length) first++
    if (last - first > best.last - best.first) best = { first, last }
  }
  return best
}

/** How far the end of a snippet moves to find a space. */
const NEAR = 24

/** The first place after a space from `at` on, not beyond `limit`. */
function wordStart(text: string, at: number, limit: number): number {
  if (at === 0) return 0
  const space = text.slice(at - 1, Math.min(at + NEAR, limit)).search(/\s/)
  return space < 0 ? outsideOfPair(text, at) : at + space
}

/** The last place before a space up to `at`, not before `limit`. */
function wordEnd(text: string, at: number, limit: number): number {
  if (at === text.length) return at
  const from = Math.max(at - NEAR, limit)
  const rest = /\s\S*$/.exec(text.slice(from, at + 1))
  return rest ? from + rest.index : outsideOfPair(text, at)
}

/** No half of a character that takes two units. */
function outsideOfPair(text: string, at: number): number {
  return text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) < 0xe000 ? at - 1 : at
}
