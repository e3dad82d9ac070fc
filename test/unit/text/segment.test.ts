/** The regular expression for ASCII against the rules of Unicode as the platform has them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WordSegmenter } from '../../../src/text/segment.ts'

const words = (segmenter: WordSegmenter, text: string) => {
  const found: [string, number][] = []
  segmenter.each(text, (word, start) => found.push([word, start]))
  return found
}

const wordsOfUnicode = (locale: string, text: string) =>
  [...new Intl.Segmenter(locale, { granularity: 'word' }).segment(text)]
    .filter(({ segment, isWordLike }) => isWordLike && !/^_+$/.test(segment))
    .map(({ segment, index }) => [segment, index])

const character = fc.oneof(
  fc.constantFrom(...Array.from(`ab1_.,;'"-+/@*~\r\n\t \0`)),
  fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
)
const ascii = fc.string({ unit: character, maxLength: 24 }).map((text) => text.replaceAll(':', '-'))

test.each(['en', 'de', 'fr', 'ru', 'ar'])(
  'texts of ASCII are cut as in Unicode, in %s',
  (locale) => {
    const segmenter = new WordSegmenter(locale)
    fc.assert(
      fc.property(ascii, (text) => {
        expect(words(segmenter, text)).toEqual(wordsOfUnicode(locale, text))
      }),
      { numRuns: 3_000 },
    )
  },
)

test('words of ASCII are the same beside others', () => {
  const segmenter = new WordSegmenter('en')
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 24 }), (text) => {
      expect(words(segmenter, `é ${text} é`).slice(1, -1)).toEqual(
        words(segmenter, text).map(([word, start]) => [word, start + 2]),
      )
    }),
  )
})

test('other texts are cut where their script says', () => {
  const segmenter = new WordSegmenter('en')
  expect(words(segmenter, 'naïve café')).toEqual([
    ['naïve', 0],
    ['café', 6],
  ])
  expect(words(segmenter, '東京に行く').map(([word]) => word)).toContain('東京')
})
