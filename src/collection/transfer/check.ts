/**
 * Whether what was read from outside could have been written here. Opening a database takes much for granted, since what
 * is there is Quiver's own, whole by its checksums; a file can be anybody's.
 */
import { QuiverError } from '../../contract/errors.ts'
import type { Slices } from '../../platform/task.ts'
import { decodeStrings } from '../../storage/codec/strings.ts'
import type { Storage } from '../../storage/index.ts'
import { VectorKind } from '../../storage/operations.ts'
import { keyOf, nameOf } from '../../storage/references.ts'
import { type CollectionConfig, createConfig } from '../config.ts'
import { Bitset } from '../filter/bitset.ts'
import { decodeDocument, validateId } from '../records.ts'
import type { Recovered, RecoveredCollection } from '../recover.ts'
import { chunksOf, type SavedCollection } from '../snapshot.ts'
import type { CollectionState } from '../state.ts'

/** The log holds numbers of 32 bits: far more than anybody makes, and those of what is written later are above these. */
const NUMBERS = 2 ** 31

/**
 * To be called before anything is read for it: of two collections of one number, one would be read and lost, and a chunk that
 * is named again and again would make any amount of memory out of a small file.
 */
export function checkBody(body: unknown): void {
  const { collections } = (body ?? {}) as { readonly collections?: unknown }
  if (!Array.isArray(collections)) throw wrong('it lists no collections')
  const saved = collections as readonly SavedCollection[]
  requireDistinct(
    saved.map(({ number }) => number),
    'two collections have one number',
  )
  requireDistinct(
    saved.flatMap(chunksOf).map((ref) => nameOf(keyOf(ref))),
    'it names a chunk twice',
  )
}

/** @throws QuiverError `CORRUPT`, `ABORTED`, or what an id or a document is refused with */
export async function checkRecovered(
  { collections, nextNumber }: Recovered,
  storage: Storage,
  slices: Slices,
): Promise<void> {
  requireDistinct(
    collections.map(({ state }) => state.config.name),
    'two collections have one name',
  )
  // Numbers are never reused: the next one must be free, and so must all after it.
  if (
    !isNumber(nextNumber, NUMBERS) ||
    !collections.every(({ number }) => isNumber(number, nextNumber))
  ) {
    throw wrong('its collections are not numbered as they can be')
  }
  for (const collection of collections) {
    checkConfig(collection.state.config)
    checkRows(collection.state)
    await checkVectors(collection.state, slices)
    await checkDocuments(collection, storage, slices)
  }
}

/** @throws QuiverError `CORRUPT`, `INVALID_OPTION` where no options make such a collection */
function checkConfig(config: CollectionConfig): void {
  const { name, metric, dimension, fields, quantization, originals } = config
  const made = createConfig(name, { metric, dimension, fields, quantization, originals })
  if (made.metric !== metric) throw wrong('a collection has no metric')
}

function checkRows({ ids, kinds, live, rowOf, rows, index, quarantined }: CollectionState): void {
  for (const id of rowOf.keys()) validateId(id)
  for (const id of quarantined) validateId(id)
  if (rowOf.size !== live.count()) throw wrong('two records have one id')
  if (kinds.length !== ids.length || kinds.some((kind) => kind > VectorKind.embedded)) {
    throw wrong('a record has a vector of an unknown kind')
  }
  if (index && index.rows !== rows) throw wrong('there are not as many vectors as records')
}

/** Every record's vector is finite and can be found, and nothing else can. */
async function checkVectors(state: CollectionState, slices: Slices): Promise<void> {
  const { index, live } = state
  const rows = live.rows().filter((row) => state.hasVector(row))
  if ((index?.live ?? 0) !== rows.length) throw wrong('its vectors are not its records’')
  const [first] = rows
  if (!index || first === undefined) return
  const mask = new Bitset(state.rows)
  for (const [n, row] of rows.entries()) {
    if (n % 256 === 0) await slices.pause()
    if (!index.vector(row).every(Number.isFinite)) throw wrong('a vector is not finite')
    mask.add(row)
  }
  const all = { k: rows.length, ef: rows.length, method: 'exact', mask: mask.bytes } as const
  const found = index.search(index.vector(first), all)
  if (found.rows.length !== rows.length) throw wrong('its vectors are not its records’')
}

/** The chunks hold a document for each row of the snapshot. What came by the log was decoded when it was replayed. */
async function checkDocuments(
  { state, saved }: RecoveredCollection,
  storage: Storage,
  slices: Slices,
): Promise<void> {
  const { chunks } = state.documents
  let row = 0
  for (const { ref, firstRow, rows } of chunks) {
    await slices.pause()
    for await (const bytes of storage.readChunks([ref])) {
      const documents = decodeStrings(bytes)
      if (firstRow !== row || rows !== documents.length) throw wrong('its documents are mixed up')
      for (const document of documents) if (state.live.has(row++)) decodeDocument(document)
    }
  }
  if (saved && row !== saved.rows) throw wrong('there are not as many documents as records')
}

function requireDistinct(values: readonly unknown[], otherwise: string): void {
  if (new Set(values).size !== values.length) throw wrong(otherwise)
}

function isNumber(value: unknown, below: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < below
}

function wrong(what: string): QuiverError {
  return new QuiverError('CORRUPT', `No database can be made of the file: ${what}.`)
}
