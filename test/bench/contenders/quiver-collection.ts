import { open } from 'quiverdb/local'
import type { Hit, NoFields } from 'quiverdb/local'
import { type Ask, type Build, EF_CONSTRUCTION, K, M, rowsOf } from './contender.ts'
import { oneByOne } from './timing.ts'

/** The same engine through the public API: what ids, validation, planning and promises cost. */
export function buildCollection(wasmUrl: URL): Build {
  return async ({ dimension, rows, queries }, onRows) => {
    const database = await open('bench', { storage: 'memory', wasmUrl })
    const collection = await database.collection('vectors', {
      dimension,
      index: { type: 'hnsw', M, efConstruction: EF_CONSTRUCTION },
      quantization: 'int8',
    })
    const ids = Array.from({ length: rows.length / dimension }, (_, row) => String(row))
    const started = performance.now()
    await collection.upsert(ids, rows, {
      onProgress: ({ phase, done }) => {
        if (phase === 'indexing') onRows(done)
      },
    })
    const buildMs = performance.now() - started

    const { bytes } = await collection.stats()
    const each = rowsOf(queries, dimension)
    const inOneBatch: Ask = async (ef) => {
      const begun = performance.now()
      const answers = await collection.searchMany(each, { k: K, ef, include: [] })
      return {
        totalMs: performance.now() - begun,
        latencies: undefined,
        found: answers.map(toRows),
      }
    }
    return {
      buildMs,
      bytes: { walked: bytes.codes + bytes.graph, total: bytes.total },
      asks: {
        'quiver, collection.search': oneByOne({
          queries: each,
          search: (query, ef) => collection.search(query, { k: K, ef, include: [] }),
          rowsOf: toRows,
        }),
        'quiver, collection.searchMany': inOneBatch,
      },
    }
  }
}

const toRows = (hits: readonly Hit<NoFields, never>[]): number[] => hits.map(({ id }) => Number(id))
