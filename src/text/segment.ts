/** Texts in words: where they begin and end. */

/** Called with each word of a text, and where it begins. */
export type VisitWord = (word: string, start: number) => void

const ASCII = /^[\0-\x7f]*$/

/**
 * Words of ASCII by the rules of Unicode (UAX 29): letters, digits and underscores, joined by a point or an apostrophe between
 * two letters, or by these, a comma or a semicolon between two digits. Versions of ICU do not agree on a colon between
 * letters, which parts words here, nor on underscores alone, which are none.
 */
const ASCII_WORD =
  /[a-z0-9_]+(?:(?:(?<=[a-z])['.](?=[a-z])|(?<=[0-9])['.,;](?=[0-9]))[a-z0-9_]+)*/gi
const LETTER_OR_DIGIT = /[a-z0-9]/i

/** What finds words. A text of ASCII is cut by a regular expression: as `Intl.Segmenter` would, ten times as fast. */
export class WordSegmenter {
  readonly #segmenter: Intl.Segmenter

  constructor(locale: string) {
    this.#segmenter = new Intl.Segmenter(locale, { granularity: 'word' })
  }

  each(text: string, visit: VisitWord): void {
    if (ASCII.test(text)) eachAscii(text, visit)
    else this.#eachByUnicode(text, visit)
  }

  #eachByUnicode(text: string, visit: VisitWord): void {
    for (const { segment, index, isWordLike } of this.#segmenter.segment(text)) {
      if (!isWordLike) continue
      // What is of ASCII is the same words wherever it stands.
      if (ASCII.test(segment))
        eachAscii(segment, (word, start) => {
          visit(word, index + start)
        })
      else visit(segment, index)
    }
  }
}

function eachAscii(text: string, visit: VisitWord): void {
  ASCII_WORD.lastIndex = 0
  for (let match = ASCII_WORD.exec(text); match; match = ASCII_WORD.exec(text)) {
    const [word] = match
    if (LETTER_OR_DIGIT.test(word)) visit(word, match.index)
  }
}
