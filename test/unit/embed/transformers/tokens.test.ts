import { AutoTokenizer } from '@huggingface/transformers'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { TextTokens } from '../../../../src/embed/transformers/tokens.ts'
import type { Tokenizer } from '../../../../src/embed/transformers/tokens.ts'
import { hasMinilm, minilm, models } from '../../../fixtures/minilm.ts'

const [CLS, SEP, CAT] = [101, 102, 4937]

// Needs ../shared/models.
describe.skipIf(!hasMinilm)('token ids with the tokenizer of MiniLM', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await AutoTokenizer.from_pretrained(models + minilm, { local_files_only: true })
  })

  test('are what the tokenizer makes of a short text', () => {
    const text = 'The naïve cat sat; 12 mats!'
    const expected = tokenizer.encode(text, { add_special_tokens: true })
    expect(new TextTokens(tokenizer, 512).encode(text, '')).toEqual(expected)
  })

  test('keep the special tokens around a text that is cut', () => {
    const ids = new TextTokens(tokenizer, 5).encode('cat cat cat cat cat cat', '')
    expect(ids).toEqual([CLS, CAT, CAT, CAT, SEP])
  })

  test('begin with those of the prefix', () => {
    const tokens = new TextTokens(tokenizer, 512)
    expect(tokens.encode('cat', 'query: ')).toEqual(tokens.encode('query: cat', ''))
  })

  test.each(['', ' \n\t', '🙂', '☃ 🙂'])('are none for %j, prefix or not', (text) => {
    const tokens = new TextTokens(tokenizer, 512)
    expect(tokens.encode(text, '')).toEqual([])
    expect(tokens.encode(text, 'query: ')).toEqual([])
  })

  test('of a long text are those of its beginning, however it is made of words', () => {
    const word = fc.oneof(
      fc.constantFrom('cat', ' ', '.', 'naïve', '🙂', '漢字'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.integer({ min: 80, max: 150 }).map((length) => 'x'.repeat(length)),
    )
    const texts = fc.array(word, { minLength: 1, maxLength: 60 })
    const tokens = new TextTokens(tokenizer, 32)
    fc.assert(
      fc.property(texts, fc.constantFrom('', ' '), (words, separator) => {
        // Repeated until it is longer than what is looked at first.
        const text = words.join(separator).repeat(40).padEnd(3000, ' cat')
        const whole = tokenizer.encode(text, { add_special_tokens: false })
        const ids = tokens.encode(text, '')
        if (ids.length > 0) expect(ids.slice(1, -1)).toEqual(whole.slice(0, 30))
      }),
      { numRuns: 200 },
    )
  })

  test('of 10 MB come without reading 10 MB', () => {
    let read = 0
    const counting: Tokenizer = {
      all_special_ids: tokenizer.all_special_ids,
      encode(text, options) {
        read += text.length
        return tokenizer.encode(text, options)
      },
    }
    const text = 'the cat sat on the mat. '.repeat(420_000)
    expect(new TextTokens(counting, 512).encode(text, '')).toHaveLength(512)
    expect(read).toBeLessThan(20_000)
  })
})
