/** A collection out of its parts, as `snapshot.ts` saved them. */
import type { Engine, VectorIndex } from '../engine/index.ts'
import { QuiverError } from '../contract/errors.ts'
import { decodeStrings } from '../storage/codec/strings.ts'
import type { ChunkRef, Storage } from '../storage/index.ts'
import { storedCalibration } from './calibration.ts'
import { Columns } from './columns/index.ts'
import type { CollectionConfig } from './config.ts'
import { Documents } from './documents.ts'
import { Bitset } from './filter/bitset.ts'
import { Originals } from './originals.ts'
import {
  DEAD,
  indexConfigOf,
  type SavedCollection,
  type SavedIndex,
  storedLayout,
} from './snapshot.ts'
import { CollectionState, type SavedState } from './state.ts'
import { storedConfig } from './stored-config.ts'

/** What searches go by. */
const SEARCHED_PARTS = ['codes', 'graph'] as const
const ALL_PARTS = ['vectors', ...SEARCHED_PARTS] as const

/** When the vectors as given are read: with the rest, or `later`, where there are codes that answer until then. */
export type OriginalsTime = 'now' | 'later'

/** @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, `OUT_OF_MEMORY` */
export async function loadState(
  engine: Engine,
  storage: Storage,
  saved: SavedCollection,
  originalsTime: OriginalsTime = 'now',
): Promise<CollectionState> {
  const config = storedConfig(saved.config)
  const calibration = storedCalibration(saved.calibration)
  const index = saved.index
    ? await loadIndex(engine, storage, saved.index, originalsTime)
    : undefined
  try {
    const rows = await loadRows(storage, saved, config)
    const originals =
      index && index.missingChunks > 0
        ? new Originals(index, storage, saved.index?.chunks.vectors ?? [], saved.rows)
        : undefined
    const state = new CollectionState(engine, config, { index, originals, calibration, ...rows })
    for (const id of saved.quarantined ?? []) state.quarantined.add(id)
    return state
  } catch (error) {
    index?.free()
    throw error
  }
}

async function loadRows(
  storage: Storage,
  saved: SavedCollection,
  config: CollectionConfig,
): Promise<Pick<SavedState, 'ids' | 'kinds' | 'live' | 'documents' | 'columns'>> {
  const { rows, ...parts } = storedLayout(saved)
  const ids: string[] = []
  for await (const chunk of storage.readChunks(parts.ids)) {
    for (const id of decodeStrings(chunk)) ids.push(id)
  }
  const kindBytes: number[] = []
  for await (const chunk of storage.readChunks(parts.kinds)) {
    for (const byte of chunk) kindBytes.push(byte)
  }
  let columns: Columns | undefined
  for await (const chunk of storage.readChunks(parts.columns)) {
    const decoded = Columns.decode(config.fields, chunk)
    if (columns) columns.appendColumns(decoded)
    else columns = decoded
  }
  columns ??= new Columns(config.fields)
  if (ids.length !== rows || kindBytes.length !== rows || columns.rows !== rows) {
    throw new QuiverError(
      'CORRUPT',
      `The parts of collection "${config.name}" do not fit together.`,
    )
  }
  const live = parts.live ? await loadLive(storage, parts.live, rows) : liveAmong(kindBytes)
  const kinds = kindBytes.map((byte) => byte & ~DEAD)
  return { ids, kinds, live, documents: new Documents(saved.documents), columns }
}

async function loadLive(storage: Storage, ref: ChunkRef, rows: number): Promise<Bitset> {
  const [bytes = new Uint8Array(0)] = await readAll(storage, [ref])
  return Bitset.fromBytes(bytes, rows)
}

function liveAmong(kinds: readonly number[]): Bitset {
  const live = new Bitset(kinds.length)
  for (const [row, kind] of kinds.entries()) if (!(kind & DEAD)) live.add(row)
  return live
}

async function loadIndex(
  engine: Engine,
  storage: Storage,
  saved: SavedIndex,
  originalsTime: OriginalsTime,
): Promise<VectorIndex> {
  const [state, ...others] = await readAll(storage, saved.chunks.state)
  if (state === undefined || others.length > 0) {
    throw new QuiverError('CORRUPT', 'A saved index has one chunk of state.')
  }
  const later = originalsTime === 'later' && saved.config.codes !== 'none'
  const loader = engine.loader(indexConfigOf(saved), state)
  try {
    for (const part of later ? SEARCHED_PARTS : ALL_PARTS) {
      for await (const chunk of storage.readChunks(saved.chunks[part])) loader.read(part, chunk)
    }
    return loader.finish()
  } catch (error) {
    loader.free()
    throw error
  }
}

async function readAll(storage: Storage, refs: readonly ChunkRef[]): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of storage.readChunks(refs)) chunks.push(chunk)
  return chunks
}
