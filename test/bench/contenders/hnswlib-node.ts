import { rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HierarchicalNSW } from 'hnswlib-node'
import { type Build, EF_CONSTRUCTION, K, M, rowsOf } from './contender.ts'
import { oneByOne, timeInserting } from './timing.ts'

/** Native code in Node. It takes plain arrays alone; making them is not timed. */
export function buildHnswlibNode(name: string, Hnsw: typeof HierarchicalNSW): Build {
  return async ({ dimension, rows, queries }, onRows) => {
    const vectors = rowsOf(rows, dimension)
    const index = new Hnsw('ip', dimension)
    index.initIndex(vectors.length, M, EF_CONSTRUCTION, 100)
    const buildMs = await timeInserting(
      vectors.length,
      (from, to) =>
        vectors.slice(from, to).map((vector, i) => ({ row: from + i, values: [...vector] })),
      (slice) => {
        for (const { row, values } of slice) index.addPoint(values, row)
      },
      onRows,
    )
    const bytes = await sizeOf(index)
    return {
      buildMs,
      bytes: { walked: bytes, total: bytes },
      asks: {
        [name]: oneByOne({
          queries: rowsOf(queries, dimension).map((query) => [...query]),
          setEf: (ef) => {
            index.setEf(ef)
          },
          search: (query) => index.searchKnn(query, K),
          rowsOf: (answer) => answer.neighbors,
        }),
      },
    }
  }
}

/** What it saves is its memory, byte for byte: vectors, links, labels. */
async function sizeOf(index: HierarchicalNSW): Promise<number> {
  const file = join(tmpdir(), `quiver-bench-${process.pid}.hnsw`)
  index.writeIndexSync(file)
  const { size } = await stat(file)
  await rm(file)
  return size
}
