/** What each quantization takes in memory, and what a user of it gets without setting anything. */
import { open, type Quantization } from 'quiverdb/local'
import { type Data, EF_CONSTRUCTION, K, M, rowsOf } from '../contenders/contender.ts'
import { recallOfRows } from '../contenders/measure.ts'
import type { Note } from './common.ts'

const QUANTIZATIONS = ['none', 'f16', 'int8', '1bit'] as const satisfies readonly Quantization[]

export interface MemoryResult {
  readonly quantization: Quantization
  readonly originals: 'f32' | 'f16'
  /** Bytes a row. */
  readonly codes: number
  readonly graph: number
  readonly vectors: number
  /** By calibration, for a recall of 0.95, which is the default. */
  readonly ef: number
  readonly recall: number
  readonly qps: number
}

export async function measureMemory(
  wasmUrl: URL,
  { dimension, rows, queries, truth }: Data,
  note: Note,
): Promise<MemoryResult[]> {
  const results: MemoryResult[] = []
  const ids = Array.from({ length: rows.length / dimension }, (_, row) => String(row))
  const asked = rowsOf(queries, dimension)
  for (const originals of ['f32', 'f16'] as const) {
    for (const quantization of QUANTIZATIONS) {
      note(`${quantization}, originals ${originals}`)
      const database = await open('memory', { storage: 'memory', wasmUrl })
      const collection = await database.collection('vectors', {
        dimension,
        quantization,
        originals,
        index: { type: 'hnsw', M, efConstruction: EF_CONSTRUCTION },
      })
      await collection.upsert(ids, rows)
      let stats = await collection.stats()
      while (stats.calibratedEf === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        stats = await collection.stats()
      }
      const search = async () => {
        const found: number[][] = []
        for (const query of asked) {
          const hits = await collection.search(query, { k: K, include: [] })
          found.push(hits.map(({ id }) => Number(id)))
        }
        return found
      }
      await search()
      const started = performance.now()
      const found = await search()
      const ms = performance.now() - started
      const { bytes } = stats
      results.push({
        quantization,
        originals,
        codes: bytes.codes / ids.length,
        graph: bytes.graph / ids.length,
        vectors: bytes.vectors / ids.length,
        ef: stats.calibratedEf['0.95'],
        recall: recallOfRows(found, truth),
        qps: (1000 * asked.length) / ms,
      })
      await database.close()
    }
  }
  return results
}
