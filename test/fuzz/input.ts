/** Inputs: each is made by a seed alone, so that its number is all that is needed to make it again. */
import { random } from '../support/vectors.ts'
import { type Below, changeJson } from './json.ts'
import type { Parts, Target } from './target.ts'

/** One input in so many keeps checksums that no longer match. */
const UNSEALED = 10
const MOST_CHANGES = 4
/** What lengths and indices are checked against goes wrong at the ends. */
const TELLING = [0, 1, 2, 3, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe]

type Change = (bytes: Uint8Array, below: Below, other: Uint8Array) => Uint8Array

const setByte: Change = (bytes, below) => {
  bytes[below(bytes.length)] = below(256)
  return bytes
}

const flipBit: Change = (bytes, below) => {
  bytes[below(bytes.length)]! ^= 1 << below(8)
  return bytes
}

/** Counts, lengths and links lie at multiples of four. */
const setWord: Change = (bytes, below) => {
  const words = bytes.length >> 2
  if (words === 0) return bytes
  const near = [...TELLING, bytes.length, below(2 * bytes.length), 0xffffffff, below(2 ** 32)]
  new DataView(bytes.buffer).setUint32(4 * below(words), near[below(near.length)]!, true)
  return bytes
}

const cut: Change = (bytes, below) => bytes.slice(0, below(bytes.length))

const append: Change = (bytes, below) => {
  const more = Uint8Array.from({ length: 1 + below(40) }, () => below(256))
  return concat(bytes, more)
}

const swap: Change = (bytes, below) => {
  const [a, b] = [below(bytes.length), below(bytes.length)]
  ;[bytes[a], bytes[b]] = [bytes[b]!, bytes[a]!]
  return bytes
}

/** A stretch once more, or gone. */
const repeat: Change = (bytes, below) => {
  const [from, to] = [below(bytes.length + 1), below(bytes.length + 1)]
  return concat(bytes.slice(0, to), bytes.slice(from))
}

/** The beginning of one valid input and the end of another. */
const splice: Change = (bytes, below, other) =>
  concat(bytes.slice(0, below(bytes.length + 1)), other.slice(below(other.length + 1)))

const CHANGES = [setByte, flipBit, setWord, setWord, setWord, cut, append, swap, repeat, splice]

/** The input of that number: a sample with a few changes. */
export function inputOf(target: Target, seed: number): Parts {
  const next = random(seed)
  const below: Below = (end) => Math.floor(next() * end)
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!

  const parts: Uint8Array[] = pick(target.samples).map((part) => part.slice())
  const sealed = below(UNSEALED) > 0
  for (let changes = 1 + below(MOST_CHANGES); changes > 0; changes--) {
    const place = below(parts.length)
    const other = pick(pick(target.samples))
    const part = parts[place]!
    if (place === 0 && target.jsonFrom !== undefined && below(2) === 0) {
      parts[place] = withChangedJson(part, target.jsonFrom, below)
    } else {
      parts[place] = part.length === 0 ? other.slice() : pick(CHANGES)(part, below, other)
    }
    if (sealed) target.seal?.(parts[place])
  }
  return parts
}

function withChangedJson(part: Uint8Array, from: number, below: Below): Uint8Array {
  const text = new TextDecoder().decode(part.subarray(from))
  return concat(part.slice(0, from), new TextEncoder().encode(changeJson(text, below)))
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
