import type { CollectionStats } from '../contract/api.ts'
import { type Calibration, efFor } from './calibration.ts'
import type { LocalCollection } from './collection.ts'
import { codesOf } from './config.ts'

/** @param build what computes */
export function statsOf(collection: LocalCollection, build: string): CollectionStats {
  const { config, state } = collection
  const { index, columns, ids, count } = state
  const parts = index?.bytes() ?? { codes: 0, graph: 0, vectors: 0 }
  // A string of length n costs about 16 + n bytes, its entry in the map and the arrays about 32.
  const idBytes = ids.reduce((sum, id) => sum + id.length + 48, 0)
  const { codes, graph, vectors } = parts
  const bytes = { codes, graph, vectors, ids: idBytes, columns: columns.bytes() }
  return {
    rows: count,
    dimension: config.dimension,
    metric: config.metric,
    index: index?.config.graph ? 'hnsw' : 'flat',
    quantization: index?.config.codes ?? codesOf(config, config.dimension ?? 0),
    originals: config.originals,
    embedder: config.embedder ?? collection.spaceOf(undefined).id,
    bytes: { ...bytes, total: codes + graph + vectors + idBytes + bytes.columns },
    device: 'wasm',
    build,
    waiting: collection.waiting,
    calibratedEf: calibratedEf(state.calibration),
  }
}

function calibratedEf(calibration: Calibration | undefined): CollectionStats['calibratedEf'] {
  if (!calibration) return undefined
  const ef = (target: number): number => efFor(calibration, target, 10)
  return { '0.9': ef(0.9), '0.95': ef(0.95), '0.99': ef(0.99) }
}
