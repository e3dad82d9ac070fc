/** The words, values and signs that a filter written as text is made of. */
import { shorten } from '../values.ts'
import { refuse } from './refuse.ts'

export interface Token {
  /** `name`: in backquotes; `word`: a keyword, or a name that needs none. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'end'
  /** A name or a string without its quotes, else as it was written. */
  readonly text: string
  /** Which character of the whole it begins at, from 1, counted in UTF-16 code units as editors do. */
  readonly at: number
}

/** Sticky, and none can match a piece in two ways: each character is looked at once. */
const SPACE = /\s*/uy
const PIECES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['word', /[\p{L}_][\p{L}\p{M}\p{N}_.]*/uy],
  ['number', /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/uy],
  ['sign', /<=|>=|!=|[<>=(),]/uy],
]

const QUOTED: Readonly<Record<string, Token['kind']>> = {
  "'": 'string',
  '"': 'string',
  '`': 'name',
}

/** @throws QuiverError `INVALID_FILTER` for what is none of them. The last token is the end. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  let from = afterSpace(source, 0)
  while (from < source.length) {
    const { token, to } = tokenAt(source, from)
    tokens.push(token)
    from = afterSpace(source, to)
  }
  tokens.push({ kind: 'end', text: '', at: source.length + 1 })
  return tokens
}

/** Begins the messages about what stands there. */
export function placeOf({ at }: Token): string {
  return `where, at character ${at}:`
}

function tokenAt(source: string, from: number): { token: Token; to: number } {
  const quote = source.charAt(from)
  const quoted = QUOTED[quote]
  if (quoted) return quotedAt(source, from, quote, quoted)
  for (const [kind, piece] of PIECES) {
    piece.lastIndex = from
    const text = piece.exec(source)?.[0]
    if (text !== undefined) return { token: { kind, text, at: from + 1 }, to: from + text.length }
  }
  const character = String.fromCodePoint(source.codePointAt(from) ?? 0)
  throw refuse(`where, at character ${from + 1}:`, `"${character}" means nothing there`)
}

/** The quote itself stands doubled inside. */
function quotedAt(
  source: string,
  from: number,
  quote: string,
  kind: Token['kind'],
): { token: Token; to: number } {
  const parts: string[] = []
  let start = from + 1
  for (;;) {
    const end = source.indexOf(quote, start)
    if (end < 0) {
      const begun = shorten(source.slice(from))
      throw refuse(`where, at character ${from + 1}:`, `${begun} is not closed by another ${quote}`)
    }
    parts.push(source.slice(start, end))
    start = end + 2
    if (source.charAt(end + 1) !== quote) {
      return { token: { kind, text: parts.join(quote), at: from + 1 }, to: end + 1 }
    }
  }
}

function afterSpace(source: string, from: number): number {
  SPACE.lastIndex = from
  SPACE.exec(source)
  return SPACE.lastIndex
}
