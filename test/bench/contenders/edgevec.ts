import init, { EdgeVec, EdgeVecConfig } from 'edgevec'
import { type Build, EF_CONSTRUCTION, K, M, rowsOf } from './contender.ts'
import { oneByOne, timeInserting } from './timing.ts'

/** An ef that nobody would set: by it the setting is found in the memory of the wasm. */
const MARK = 7_919

/** Its `cosine` and `dot` answer the farthest rows (0.9.0), so it is asked by l2, which orders unit vectors alike. */
export const buildEdgeVec: Build = async ({ dimension, rows, queries }, onRows) => {
  const { memory } = await init()
  const config = new EdgeVecConfig(dimension)
  config.metric = 'l2'
  config.m = M
  config.m0 = 2 * M
  config.ef_construction = EF_CONSTRUCTION
  config.ef_search = MARK
  const index = new EdgeVec(config)

  let firstId: number | undefined
  const buildMs = await timeInserting(
    rows.length / dimension,
    (from, to) => ({ matrix: rows.subarray(from * dimension, to * dimension), count: to - from }),
    ({ matrix, count }) => {
      const ids = index.insertBatchFlat(matrix, count)
      firstId ??= ids[0]
    },
    onRows,
  )
  const first = firstId ?? 0
  const bytes = index.memoryUsage()
  const places = placesOfEf(memory)
  return {
    buildMs,
    bytes: { walked: bytes, total: bytes },
    asks: {
      edgevec: oneByOne({
        queries: rowsOf(queries, dimension),
        setEf: (ef) => {
          const words = new Uint32Array(memory.buffer)
          for (const place of places) words[place] = ef
        },
        search: (query) => index.search(query, K),
        rowsOf: (answer) => answer.map(({ id }) => id - first),
      }),
    },
  }
}

/**
 * EdgeVec fixes ef when an index is made. Building anew for every ef would take hours and measure other graphs, so the
 * bench writes it where the index keeps it: after M, M0 and efConstruction.
 */
function placesOfEf(memory: WebAssembly.Memory): number[] {
  const words = new Uint32Array(memory.buffer)
  const places: number[] = []
  for (let at = words.indexOf(MARK); at !== -1; at = words.indexOf(MARK, at + 1)) {
    if (words[at - 3] === M && words[at - 2] === 2 * M && words[at - 1] === EF_CONSTRUCTION) {
      places.push(at)
    }
  }
  if (places.length === 0) throw new Error('This version of edgevec keeps ef somewhere else.')
  return places
}
