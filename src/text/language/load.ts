import { QuiverError } from '../../contract/errors.ts'
import { LANGUAGES, type LanguageCode } from '../../contract/words.ts'
import { english } from './english.ts'
import { Language } from './language.ts'
import type * as othersModule from './others.ts'

const loaded = new Map<LanguageCode, Language>([
  ['en', english],
  [
    'none',
    new Language({ locale: 'und', stem: (word) => word, stopWords: new Set(), accents: 'kept' }),
  ],
])

/**
 * The language of a code; any but English and `none` takes fetching a file, once.
 * @throws QuiverError `INVALID_OPTION` for another code, `NOT_FOUND` when the file cannot be had
 */
export async function loadLanguage(code: LanguageCode): Promise<Language> {
  const known = loaded.get(code)
  if (known || code === 'en' || code === 'none') return known ?? english
  if (!LANGUAGES.includes(code)) {
    throw new QuiverError(
      'INVALID_OPTION',
      `'${code as string}' is no language that words are analysed in. Choose one of ${LANGUAGES.join(', ')}.`,
    )
  }
  const { others } = await importOthers()
  const language = new Language(others[code])
  loaded.set(code, language)
  return language
}

/** By URL: a worker is one file, into which a bundler would pull what it imports by name. */
async function importOthers(): Promise<typeof othersModule> {
  const url = new URL('./others.ts', import.meta.url)
  try {
    const module: unknown = await import(/* @vite-ignore */ /* webpackIgnore: true */ url.href)
    return module as typeof othersModule
  } catch (cause) {
    throw new QuiverError(
      'NOT_FOUND',
      `${url.href} could not be loaded, which holds the stemmers. Check that it is served there.`,
      { cause },
    )
  }
}
