import { loadHnswlib } from 'hnswlib-wasm'
import { type Build, EF_CONSTRUCTION, K, M, rowsOf } from './contender.ts'
import { oneByOne, timeInserting } from './timing.ts'

/** On unit vectors the inner product orders as cosine does, and spares it normalising. */
export const buildHnswlibWasm: Build = async ({ dimension, rows, queries }, onRows) => {
  const library = await loadHnswlib()
  const vectors = rowsOf(rows, dimension)
  const index = new library.HierarchicalNSW('ip', dimension, '')
  index.initIndex(vectors.length, M, EF_CONSTRUCTION, 100)
  const buildMs = await timeInserting(
    vectors.length,
    (from, to) => ({
      items: vectors.slice(from, to),
      labels: Array.from({ length: to - from }, (_, i) => from + i),
    }),
    ({ items, labels }) => {
      index.addPoints(items, labels, false)
    },
    onRows,
  )
  // It does not say what it uses: all memory of its wasm, about a fifth of which may lie idle.
  const bytes = library.HEAPU8.byteLength
  return {
    buildMs,
    bytes: { walked: bytes, total: bytes },
    asks: {
      'hnswlib-wasm': oneByOne({
        queries: rowsOf(queries, dimension),
        setEf: (ef) => {
          index.setEfSearch(ef)
        },
        search: (query) => index.searchKnn(query, K, undefined),
        rowsOf: (answer) => answer.neighbors,
      }),
    },
  }
}
