import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeStaticModel } from '../../../src/embed/static/format.ts'
import { WordPiece } from '../../../src/embed/static/wordpiece.ts'
import fixture from '../../fixtures/wordpiece.json' with { type: 'json' }

const model = new URL('../../../models/static-en-256.bin', import.meta.url)
const { tokens } = decodeStaticModel(readFileSync(model))
const wordPiece = new WordPiece(tokens)
const tokensOf = (text: string) => wordPiece.rows(text).map((row) => tokens[row])

describe(`the tokens of ${fixture.source}`, () => {
  test.each(fixture.cases)('$text', ({ text, tokens: expected }) => {
    expect(tokensOf(text)).toEqual(expected.filter((token) => token !== '[UNK]'))
  })
})

test('every token of the vocabulary comes out of some text', () => {
  const isInside = (token: string) => token.startsWith('##') && token !== '##'
  const starts = tokens.filter((token) => /^[\p{L}\p{N}]$/u.test(token))
  const unreachable = tokens.filter((token) =>
    isInside(token)
      ? !starts.some((start) => tokensOf(start + token.slice(2)).join(' ') === `${start} ${token}`)
      : tokensOf(token).join(' ') !== token,
  )
  expect(unreachable).toEqual([])
})
