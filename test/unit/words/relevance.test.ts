/** BM25 over real texts: scores as they are defined, and as good an order as BM25 is known for on Cranfield. */
import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadWords, type WordIndex } from '../../../src/engine/words/index.ts'
import { termsOf } from '../../../src/text/analyze.ts'
import { english, rules } from '../../../src/text/language/english.ts'
import { Language } from '../../../src/text/language/language.ts'

const folder = new URL('../../../../shared/data/cranfield/', import.meta.url)
const lines = (file: string) =>
  readFileSync(new URL(file, folder), 'utf8').split('\n').filter(Boolean)
const isHere = existsSync(folder)
if (!isHere) console.log('Cranfield is not in ../shared/data: its relevance is not measured.')

interface Item {
  readonly id: string
  readonly text: string
}
const items = (file: string) => lines(file).map((line) => JSON.parse(line) as Item)

const unstemmed = new Language({ ...rules, stem: (word) => word })

const terms = (text: string, language: Language) =>
  termsOf(text, language).filter((term) => term !== undefined)

/** All words are wished for: some queries hold a hyphen that would be a sign. */
const clausesOf = (text: string, language: Language) =>
  terms(text, language).map((term) => ({ kind: 'term', term, occur: 'should' }) as const)

/** Lucene's BM25 as it is defined, over lists of terms. */
function bm25(documents: readonly (readonly string[])[], query: readonly string[]): number[] {
  const lengths = documents.map(({ length }) => length)
  const filled = lengths.filter((length) => length > 0)
  const average = filled.reduce((sum, length) => sum + length, 0) / filled.length
  const scores = documents.map(() => 0)
  for (const term of query) {
    const counts = documents.map((terms) => terms.filter((other) => other === term).length)
    const holding = counts.filter((count) => count > 0).length
    const idf = Math.log(1 + (filled.length - holding + 0.5) / (holding + 0.5))
    for (const [row, count] of counts.entries()) {
      const norm = 1.2 * (1 - 0.75 + (0.75 * lengths[row]!) / average)
      scores[row]! += (idf * count * 2.2) / (count + norm)
    }
  }
  return scores
}

describe.skipIf(!isHere)('on Cranfield', () => {
  let corpus: readonly Item[]
  let queries: readonly Item[]
  const gains = new Map<string, Map<string, number>>()
  beforeAll(() => {
    corpus = items('corpus.jsonl')
    queries = items('queries.jsonl')
    for (const line of lines('qrels.tsv').slice(1)) {
      const [query = '', document = '', gain] = line.split('\t')
      gains.set(query, (gains.get(query) ?? new Map<string, number>()).set(document, Number(gain)))
    }
  })

  async function index(language: Language): Promise<WordIndex> {
    const words = (await loadWords()).create(1)
    words.append(corpus.map(({ text }, row) => ({ row, fields: [termsOf(text, language)] })))
    return words
  }

  /** Mean nDCG@10, with the gains of the judgements. */
  async function quality(language: Language): Promise<number> {
    const words = await index(language)
    const of = (query: Item): number => {
      const judged = gains.get(query.id)!
      const { rows } = words.search(clausesOf(query.text, language), { k: 10 })
      const found = Array.from(rows, (row) => judged.get(corpus[row]!.id) ?? 0)
      const best = [...judged.values()].sort((a, b) => b - a).slice(0, 10)
      const discounted = (list: readonly number[]) =>
        list.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0)
      return discounted(found) / discounted(best)
    }
    const judged = queries.filter(({ id }) => gains.has(id))
    const mean = judged.reduce((sum, query) => sum + of(query), 0) / judged.length
    words.free()
    return mean
  }

  test('scores are those of the definition', async () => {
    const words = await index(english)
    const documents = corpus.map(({ text }) => terms(text, english))
    for (const { text } of queries.slice(0, 20)) {
      const expected = bm25(documents, terms(text, english))
      const { rows, scores } = words.search(clausesOf(text, english), { k: corpus.length })
      expect(rows.length).toBe(expected.filter((score) => score > 0).length)
      for (const [n, row] of rows.entries()) {
        expect(Math.abs(scores[n]! / expected[row]! - 1)).toBeLessThan(1e-4)
      }
    }
    words.free()
  })

  test('the order is as good as known, with stemming and without', async () => {
    const stemmed = await quality(english)
    const plain = await quality(unstemmed)
    console.log(
      `nDCG@10 of BM25 on Cranfield: ${stemmed.toFixed(4)}, unstemmed ${plain.toFixed(4)}`,
    )
    expect(stemmed).toBeGreaterThan(0.521 * 0.99)
    expect(plain).toBeGreaterThan(0.507 * 0.99)
  })
})
