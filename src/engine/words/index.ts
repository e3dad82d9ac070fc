export { loadWords, type WordsOptions } from './load.ts'
export type { WordHits, WordIndex, WordSearchOptions, WordRow, WordsEngine } from './words.ts'
