import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { type Build, EF_CONSTRUCTION, K, M, rowsOf } from './contender.ts'
import { oneByOne, timeIndexing } from './timing.ts'

/** The engine, asked through its own interface: no ids, no records, no promises. */
export function buildQuiver(name: string, wasmUrl: URL): Build {
  return async ({ dimension, rows, queries }, onRows) => {
    const engine = await loadWasmEngine({ wasmUrl })
    const index = engine.create({
      dimension,
      metric: 'cosine',
      codes: 'int8',
      originals: 'f32',
      graph: { M, efConstruction: EF_CONSTRUCTION, seed: 1 },
    })
    const started = performance.now()
    index.add(rows)
    const addMs = performance.now() - started
    const graphMs = await timeIndexing(index, onRows)
    const { codes, graph, vectors, state } = index.bytes()
    return {
      buildMs: addMs + graphMs,
      bytes: { walked: codes + graph, total: codes + graph + vectors + state },
      asks: {
        [name]: oneByOne({
          queries: rowsOf(queries, dimension),
          search: (query, ef) => index.search(query, { k: K, ef, method: 'graph' }),
          rowsOf: (answer) => answer.rows,
        }),
      },
    }
  }
}
