// Reads WordNet's files: https://wordnet.princeton.edu/documentation/wndb5wn (data.*) and senseidx5wn (index.sense).

/**
 * A set of words with one meaning, WordNet's synset.
 *
 * @typedef {object} Entry
 * @property {string} id part of speech and offset in its file: `noun12617610`
 * @property {string[]} words
 * @property {string} definition
 * @property {string[]} examples with their quotation marks and, where one is named, their author
 */

/** The files, in WordNet's order. */
export const partsOfSpeech = /** @type {const} */ (['noun', 'verb', 'adj', 'adv'])

/** Every file begins with WordNet's licence; its lines are indented. */
const isLicence = (/** @type {string} */ line) => line.startsWith('  ')

/** @param {string} file text of a data file */
export function parseLicence(file) {
  const lines = file.split('\n').filter(isLicence)
  return lines.map((line) => line.replace(/^\s+\d+ ?/, '').trimEnd()).join('\n') + '\n'
}

/**
 * @param {typeof partsOfSpeech[number]} partOfSpeech
 * @param {string} file text of its data file
 * @returns {Entry[]}
 */
export function parseEntries(partOfSpeech, file) {
  const lines = file.split('\n').filter((line) => line !== '' && !isLicence(line))
  return lines.map((line) => parseEntry(partOfSpeech, line))
}

/**
 * `offset file type words word lex_id … | definition; "example"`
 *
 * @param {string} partOfSpeech
 * @param {string} line
 * @returns {Entry}
 */
function parseEntry(partOfSpeech, line) {
  const [data = '', gloss = ''] = line.split(' | ', 2)
  const [offset, , , wordCount = '', ...rest] = data.split(' ')
  const count = parseInt(wordCount, 16)
  const words = Array.from({ length: count }, (_, i) => parseWord(rest[2 * i] ?? ''))
  return { id: `${partOfSpeech}${offset}`, words: [...new Set(words)], ...parseGloss(gloss) }
}

/**
 * `well_known(a)` is "well known"; the marker says where an adjective may stand.
 *
 * @param {string} word
 */
function parseWord(word) {
  return word.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' ')
}

/**
 * Quotation marks within a definition stay in it: examples begin after a semicolon or colon.
 *
 * @param {string} gloss
 */
function parseGloss(gloss) {
  const start = gloss.search(/[;:]\s*"/)
  const definition = (start === -1 ? gloss : gloss.slice(0, start)).trim().replace(/;$/, '')
  const quotations =
    start === -1 ? [] : gloss.slice(start).matchAll(/"([^"]+)"(?:\s*--?\s*([^;"]+))?/g)
  const examples = Array.from(quotations, ([, text = '', author]) => {
    const quoted = `“${text.trim()}”`
    return author === undefined ? quoted : `${quoted} — ${author.trim()}`
  })
  return { definition, examples }
}

/**
 * How often each entry was met in the texts that WordNet's authors tagged; those never met are left out.
 *
 * @param {string} file text of `index.sense`
 * @returns {Map<string, number>} by id
 */
export function parseFrequencies(file) {
  /** The digit after `%` in a sense's key; 5 are adjectives that lean on another one. */
  const types = ['', 'noun', 'verb', 'adj', 'adv', 'adj']
  /** @type {Map<string, number>} */
  const frequencies = new Map()
  for (const line of file.split('\n')) {
    const [key = '', offset, , count] = line.split(' ')
    if (count === undefined || count === '0') continue
    const id = `${types[Number(key[key.indexOf('%') + 1])]}${offset}`
    frequencies.set(id, (frequencies.get(id) ?? 0) + Number(count))
  }
  return frequencies
}
