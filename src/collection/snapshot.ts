import type { IndexConfig, IndexPart } from '../engine/index.ts'
import { INDEX_PARTS } from '../engine/index.ts'
import { QuiverError } from '../contract/errors.ts'
import { encodeStrings } from '../storage/codec/strings.ts'
import type { ChunkRef, Fold } from '../storage/index.ts'
import { VectorKind } from '../storage/operations.ts'
import type { Calibration } from './calibration.ts'
import type { CollectionConfig } from './config.ts'
import type { DocumentChunk } from './documents.ts'
import type { CollectionState } from './state.ts'

/** Rows of a chunk of ids, kinds or columns. Rows are never reused, so that only the last chunk ever changes. */
export const CHUNK_ROWS = 16_384

/** Marks a row without a record in the kinds of the first layout. */
export const DEAD = 0x80

/** Takes the chunks of a snapshot. */
export type ChunkWriter = Pick<Fold, 'write'>

/** Where the parts of a collection are stored; kept in the manifest. */
export interface SavedCollection {
  readonly number: number
  readonly config: CollectionConfig
  readonly rows: number
  /** Rows whose graph links are in the snapshot. */
  readonly indexed: number
  readonly ids: readonly ChunkRef[]
  /** A `VectorKind` for each row, a byte each. */
  readonly kinds: readonly ChunkRef[]
  readonly columns: readonly ChunkRef[]
  /** A bit for each row, lowest first: whether it holds a record. */
  readonly live: ChunkRef
  readonly documents: readonly DocumentChunk[]
  /** Ids of records that were lost to damage; absent where there are none. */
  readonly quarantined?: readonly string[]
  /** `null` while no vector was ever written. */
  readonly index: SavedIndex | null
  /** Absent until the graph was measured, and in snapshots of earlier versions. */
  readonly calibration?: Calibration
}

export interface SavedIndex {
  readonly config: Omit<IndexConfig, 'originals'> & Partial<Pick<IndexConfig, 'originals'>>
  readonly chunks: Readonly<Record<IndexPart, readonly ChunkRef[]>>
}

/** A collection as it was folded; `settle` is called when the fold has been committed. */
export interface SavedSnapshot {
  readonly saved: SavedCollection
  readonly settle: () => void
}

/** Every chunk a saved collection is made of. */
export function chunksOf(saved: SavedCollection): ChunkRef[] {
  const { ids, kinds, columns, live, documents, index } = storedLayout(saved)
  return [
    ...ids,
    ...kinds,
    ...columns,
    ...(live ? [live] : []),
    ...documents.map(({ ref }) => ref),
    ...(index ? INDEX_PARTS.flatMap((part) => index.chunks[part]) : []),
  ]
}

/**
 * The layout of now of what any version saved. The first one kept kinds and columns in a chunk each, and said of dead rows in
 * their kind that they are dead: it has no `live`.
 */
export function storedLayout(
  saved: SavedCollection,
): Omit<SavedCollection, 'live'> & Partial<Pick<SavedCollection, 'live'>> {
  return { ...saved, kinds: [saved.kinds].flat(), columns: [saved.columns].flat() }
}

/** Kept by an earlier version, it says nothing of the originals: they were f32. */
export function indexConfigOf({ config }: SavedIndex): IndexConfig {
  return { ...config, originals: config.originals ?? 'f32' }
}

/**
 * How many rows each of `chunks` chunks of an index holds, but for the last, which holds the rest of `rows`: a power of two,
 * and there is one alone that makes so many chunks of them.
 */
export function rowsOfChunk(rows: number, chunks: number): number {
  let each = 1
  while (Math.ceil(rows / each) > chunks) each *= 2
  return each
}

/** Writes what changed since `previous` and refers to what it already holds. Nothing may change meanwhile. */
export async function saveState(
  state: CollectionState,
  number: number,
  writer: ChunkWriter,
  previous: SavedCollection | undefined,
): Promise<SavedSnapshot> {
  const path = (part: string): string => `${String(number)}/${part}`
  const documents = await state.documents.fold((n, bytes) =>
    writer.write(path('documents'), n, bytes),
  )
  const rows = (part: RowPart, encode: EncodeRows): Promise<ChunkRef[]> =>
    saveRows(state.rows, part, encode, (n, bytes) => writer.write(path(part), n, bytes), previous)
  const saved: SavedCollection = {
    number,
    config: state.config,
    rows: state.rows,
    indexed: state.index?.indexed ?? 0,
    ids: await rows('ids', (from, to) => encodeStrings(state.ids.slice(from, to))),
    kinds: await rows('kinds', (from, to) => Uint8Array.from(state.kinds.slice(from, to))),
    columns: await rows('columns', (from, to) => state.columns.slice(from, to).encode()),
    live: await writer.write(path('live'), 0, state.live.bytes),
    documents: documents.chunks,
    index: await saveIndex(state, writer, path, previous),
    ...(state.calibration && { calibration: state.calibration }),
    ...(state.quarantined.size > 0 && { quarantined: [...state.quarantined] }),
  }
  const settle = (): void => {
    documents.settle()
    state.index?.markClean()
  }
  return { saved, settle }
}

type RowPart = 'ids' | 'kinds' | 'columns'
type EncodeRows = (from: number, to: number) => Uint8Array

/** A part in chunks of so many rows, of which `previous` holds those that cannot have changed. */
async function saveRows(
  rows: number,
  part: RowPart,
  encode: EncodeRows,
  write: (n: number, bytes: Uint8Array) => Promise<ChunkRef>,
  previous: SavedCollection | undefined,
): Promise<ChunkRef[]> {
  const stored = previous && storedLayout(previous)
  const refs: ChunkRef[] = []
  for (let n = 0; n * CHUNK_ROWS < rows; n++) {
    const to = Math.min((n + 1) * CHUNK_ROWS, rows)
    const kept = stored?.live && to <= stored.rows ? stored[part][n] : undefined
    refs.push(kept ?? (await write(n, encode(n * CHUNK_ROWS, to))))
  }
  return refs
}

async function saveIndex(
  state: CollectionState,
  writer: ChunkWriter,
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
      refs[part].push(kept ?? (await writer.write(path(part), n, index.readChunk(part, n))))
    }
  }
  return { config: index.config, chunks: refs }
}
