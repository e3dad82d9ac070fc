import { expect, test } from 'vitest'
import { LANGUAGES, type LanguageCode } from '../../../src/contract/words.ts'
import { termsOf } from '../../../src/text/analyze.ts'
import { loadLanguage } from '../../../src/text/language/load.ts'

const terms = async (code: LanguageCode, text: string) =>
  termsOf(text, await loadLanguage(code)).filter((term) => term !== undefined)

/** Two texts that one term stands for, and a stop word. */
const samples: Record<Exclude<LanguageCode, 'none'>, readonly [string, string, string]> = {
  en: ['houses', 'house', 'the'],
  da: ['husene', 'huset', 'og'],
  de: ['Häuser', 'Haus', 'und'],
  es: ['canciones', 'canción', 'los'],
  fi: ['taloissa', 'talossa', 'ja'],
  fr: ["L'amitié", 'amitiés', 'les'],
  hu: ['házakban', 'házakat', 'és'],
  it: ["dell'amico", 'amici', 'gli'],
  nl: ['katten', 'kat', 'het'],
  no: ['husene', 'huset', 'og'],
  pt: ['meninas', 'menina', 'uma'],
  ro: ['copiilor', 'copii', 'sunt'],
  ru: ['Книги', 'книга', 'что'],
  sv: ['flickorna', 'flicka', 'och'],
  tr: ['KITAPLAR', 'kıtap', 've'],
}

test.each(Object.entries(samples) as [LanguageCode, readonly [string, string, string]][])(
  '%s has a stemmer and stop words',
  async (code, [one, other, stopWord]) => {
    const [term, ...more] = await terms(code, `${one} ${stopWord}`)
    expect(more).toEqual([])
    expect(await terms(code, other)).toEqual([term])
    expect(await terms('none', one)).not.toEqual([term])
  },
)

test('every language loads, once', async () => {
  for (const code of LANGUAGES) {
    expect(await loadLanguage(code)).toBe(await loadLanguage(code))
    expect(await terms(code, 'x 2')).toContain('2')
  }
})

test('none leaves words as they are', async () => {
  expect(await terms('none', 'The Running Café')).toEqual(['the', 'running', 'café'])
})

test('other codes are refused', async () => {
  for (const code of ['xx', '__proto__', 'constructor', '']) {
    const refused = loadLanguage(code as LanguageCode)
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  }
})
