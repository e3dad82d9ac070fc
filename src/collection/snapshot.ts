import type { Engine, IndexConfig, IndexPart } from '../engine/index.ts'
import { INDEX_PARTS } from '../engine/index.ts'
import { QuiverError } from '../contract/errors.ts'
import type { ChunkRef, Fold, Storage } from '../storage/index.ts'
import { VectorKind } from '../storage/operations.ts'
import { decodeStrings, encodeStrings } from '../storage/codec/strings.ts'
import { type Calibration, storedCalibration } from './calibration.ts'
import { Columns } from './columns/index.ts'
import type { CollectionConfig } from './config.ts'
import { type DocumentChunk, Documents } from './documents.ts'
import { Bitset } from './filter/bitset.ts'
import { CollectionState } from './state.ts'
import { storedConfig } from './stored-config.ts'

/** Ids of one chunk. Rows are never reused, so only the last chunk ever changes. */
const ID_CHUNK_ROWS = 16_384

/** Marks a row without a record, in the byte that holds its `VectorKind`. */
const DEAD = 0x80

/** Where the parts of a collection are stored; kept in the manifest. */
export interface SavedCollection {
  readonly number: number
  readonly config: CollectionConfig
  readonly rows: number
  /** Rows whose graph links are in the snapshot. */
  readonly indexed: number
  readonly ids: readonly ChunkRef[]
  readonly kinds: ChunkRef
  readonly columns: ChunkRef
  readonly documents: readonly DocumentChunk[]
  /** `null` while no vector was ever written. */
  readonly index: SavedIndex | null
  /** Absent until the graph was measured, and in snapshots of earlier versions. */
  readonly calibration?: Calibration
}

interface SavedIndex {
  readonly config: Omit<IndexConfig, 'originals'> & Partial<Pick<IndexConfig, 'originals'>>
  readonly chunks: Readonly<Record<IndexPart, readonly ChunkRef[]>>
}

/** A collection as it was folded; `settle` is called when the fold has been committed. */
export interface SavedSnapshot {
  readonly saved: SavedCollection
  settle(): void
}

/** Every chunk a saved collection is made of. */
export function chunksOf(saved: SavedCollection): ChunkRef[] {
  const index = saved.index
  return [
    ...saved.ids,
    saved.kinds,
    saved.columns,
    ...saved.documents.map(({ ref }) => ref),
    ...(index ? INDEX_PARTS.flatMap((part) => index.chunks[part]) : []),
  ]
}

/** Writes what changed since `previous` and refers to what it already holds. Nothing may change meanwhile. */
export async function saveState(
  state: CollectionState,
  number: number,
  fold: Fold,
  previous: SavedCollection | undefined,
): Promise<SavedSnapshot> {
  const path = (part: string): string => `${String(number)}/${part}`
  const documents = await state.documents.fold((n, bytes) =>
    fold.write(path('documents'), n, bytes),
  )
  const saved: SavedCollection = {
    number,
    config: state.config,
    rows: state.rows,
    indexed: state.index?.indexed ?? 0,
    ids: await saveIds(state, fold, path('ids'), previous),
    kinds: await fold.write(path('kinds'), 0, encodeKinds(state)),
    columns: await fold.write(path('columns'), 0, state.columns.encode()),
    documents: documents.chunks,
    index: await saveIndex(state, fold, path, previous),
    ...(state.calibration && { calibration: state.calibration }),
  }
  const settle = (): void => {
    documents.settle()
    state.index?.markClean()
  }
  return { saved, settle }
}

/** @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
export async function loadState(
  engine: Engine,
  storage: Storage,
  saved: SavedCollection,
): Promise<CollectionState> {
  const config = storedConfig(saved.config)
  const { rows } = saved
  const calibration = storedCalibration(saved.calibration)
  const index = saved.index ? await loadIndex(engine, storage, saved.index) : undefined
  const ids: string[] = []
  for await (const chunk of storage.readChunks(saved.ids)) {
    for (const id of decodeStrings(chunk)) ids.push(id)
  }
  const [kindBytes, columnBytes] = await readAll(storage, [saved.kinds, saved.columns])
  const columns = Columns.decode(config.fields, columnBytes ?? new Uint8Array(0))
  if (!kindBytes || ids.length !== rows || kindBytes.length !== rows || columns.rows !== rows) {
    throw new QuiverError(
      'CORRUPT',
      `The parts of collection "${config.name}" do not fit together.`,
    )
  }
  const kinds = Array.from(kindBytes, (byte) => byte & ~DEAD)
  const live = new Bitset(rows)
  for (const [row, byte] of kindBytes.entries()) if (!(byte & DEAD)) live.add(row)
  const documents = new Documents(saved.documents)
  const parts = { index, calibration, ids, kinds, live, documents, columns }
  return new CollectionState(engine, config, parts)
}

async function saveIds(
  state: CollectionState,
  fold: Fold,
  path: string,
  previous: SavedCollection | undefined,
): Promise<ChunkRef[]> {
  const refs: ChunkRef[] = []
  for (let n = 0; n * ID_CHUNK_ROWS < state.rows; n++) {
    const from = n * ID_CHUNK_ROWS
    const to = Math.min(from + ID_CHUNK_ROWS, state.rows)
    const kept = previous && to <= previous.rows ? previous.ids[n] : undefined
    refs.push(kept ?? (await fold.write(path, n, encodeStrings(state.ids.slice(from, to)))))
  }
  return refs
}

function encodeKinds(state: CollectionState): Uint8Array {
  return Uint8Array.from(state.kinds, (kind, row) => (state.live.has(row) ? kind : kind | DEAD))
}

async function saveIndex(
  state: CollectionState,
  fold: Fold,
  path: (part: string) => string,
  previous: SavedCollection | undefined,
): Promise<SavedCollection['index']> {
  const { index } = state
  if (!index) {
    if (state.kinds.every((kind) => kind === VectorKind.none)) return null
    throw new QuiverError('INTERNAL', 'A snapshot of vectors was asked for after they were freed.')
  }
  const refs: Record<IndexPart, ChunkRef[]> = { state: [], vectors: [], codes: [], graph: [] }
  for (const part of INDEX_PARTS) {
    const dirty = new Set(index.dirtyChunks(part))
    for (let n = 0; n < index.chunkCount(part); n++) {
      const kept = dirty.has(n) ? undefined : previous?.index?.chunks[part][n]
      refs[part].push(kept ?? (await fold.write(path(part), n, index.readChunk(part, n))))
    }
  }
  return { config: index.config, chunks: refs }
}

async function loadIndex(
  engine: Engine,
  storage: Storage,
  saved: SavedIndex,
): Promise<CollectionState['index']> {
  const chunks: Record<IndexPart, Uint8Array[]> = { state: [], vectors: [], codes: [], graph: [] }
  for (const part of INDEX_PARTS) chunks[part] = await readAll(storage, saved.chunks[part])
  // Kept by an earlier version, it says nothing of the originals: they were f32.
  return engine.load({ ...saved.config, originals: saved.config.originals ?? 'f32' }, chunks)
}

async function readAll(storage: Storage, refs: readonly ChunkRef[]): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of storage.readChunks(refs)) chunks.push(chunk)
  return chunks
}
