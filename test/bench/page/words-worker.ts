import { expose } from 'comlink'
import { loadWords, type WordIndex } from '../../../src/engine/words/index.ts'
import type { WordClause } from '../../../src/contract/words.ts'
import { termsOf } from '../../../src/text/analyze.ts'
import { english } from '../../../src/text/language/english.ts'
import { parseWords } from '../../../src/text/query.ts'
import { median } from '../sweep.ts'

/** Rows of one write. */
const LOT = 1_000
const K = 10

export interface WordsResult {
  /** Analysing all texts, and taking their terms in, in milliseconds. */
  readonly analyzeMs: number
  readonly appendMs: number
  readonly terms: number
  readonly bytes: number
  /** Saving all of it, and loading it again. */
  readonly savedBytes: number
  readonly saveMs: number
  readonly loadMs: number
  /** Of one query of each kind, parsing included, in milliseconds. */
  readonly p50: Readonly<Record<QueryKind, number>>
}

type QueryKind = 'words' | 'phrase' | 'prefix' | 'fuzzy' | 'words after deletes'

const host = {
  async measure(
    texts: readonly string[],
    sentences: readonly string[],
    rounds: number,
  ): Promise<WordsResult> {
    const engine = await loadWords()
    const index = engine.create(1)
    let analyzeMs = 0
    let appendMs = 0
    for (let row = 0; row < texts.length; row += LOT) {
      const lot = texts.slice(row, row + LOT)
      const started = performance.now()
      const rows = lot.map((text, n) => ({ row: row + n, fields: [termsOf(text, english)] }))
      const analyzed = performance.now()
      index.append(rows)
      analyzeMs += analyzed - started
      appendMs += performance.now() - analyzed
    }

    const { terms, bytes } = index
    const saving = performance.now()
    const chunks = saved(index)
    const loading = performance.now()
    const loaded = engine.create(1)
    for (const chunk of chunks) loaded.load(chunk)
    const loadMs = performance.now() - loading
    loaded.free()

    const p50Of = (clausesOf: (sentence: string) => WordClause[]): number => {
      const times: number[] = []
      for (let round = 0; round < rounds; round++) {
        for (const sentence of sentences) {
          const started = performance.now()
          index.search(clausesOf(sentence), { k: K })
          times.push(performance.now() - started)
        }
      }
      return median(times)
    }
    const p50 = {
      words: p50Of((sentence) => parseWords(sentence, english)),
      phrase: p50Of((sentence) =>
        parseWords(`"${wordsOf(sentence).slice(1, 3).join(' ')}"`, english),
      ),
      prefix: p50Of((sentence) => parseWords(`${longest(sentence).slice(0, 3)}*`, english)),
      fuzzy: p50Of((sentence) => parseWords(`${longest(sentence)}~2`, english)),
    }
    // Every tenth row goes, so that what holds a term has to be counted anew.
    index.remove(Array.from({ length: Math.ceil(texts.length / 10) }, (_, n) => 10 * n))
    const afterDeletes = p50Of((sentence) => parseWords(sentence, english))

    return {
      analyzeMs,
      appendMs,
      terms,
      bytes,
      savedBytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      saveMs: loading - saving,
      loadMs,
      p50: { ...p50, 'words after deletes': afterDeletes },
    }
  },
}

const CHUNK_ROWS = 16_384

function saved(index: WordIndex): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let from = 0; from < index.rows; from += CHUNK_ROWS) {
    chunks.push(index.encode(from, Math.min(from + CHUNK_ROWS, index.rows)))
  }
  return chunks
}

const wordsOf = (sentence: string): string[] => sentence.match(/[a-z]+/gi) ?? ['none']

const longest = (sentence: string): string =>
  wordsOf(sentence).reduce((best, word) => (word.length > best.length ? word : best))

export type WordsHost = typeof host

expose(host)
