/** What a database makes of a log and of a snapshot that are whole, byte for byte, and cannot be trusted. */
import { createConfig } from '../../../src/collection/config.ts'
import type { SavedDatabase } from '../../../src/collection/folding.ts'
import { decodeDocument, encodeDocument } from '../../../src/collection/records.ts'
import { chunksOf, saveState } from '../../../src/collection/snapshot.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import { recoverFile } from '../../../src/collection/transfer/import.ts'
import { QuiverError } from '../../../src/contract/errors.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { Slices } from '../../../src/platform/task.ts'
import type { ChunkRef, Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { encodeOperation, type Operation } from '../../../src/storage/operations.ts'
import type { Target } from '../target.ts'
import { FIELDS, RECORDS } from './records.ts'

const CONFIG = createConfig('notes', { dimension: 2, fields: FIELDS })

const UPSERT: Operation = {
  type: 'upsert',
  collection: 1,
  ids: ['a', 'b', 'c', 'd'],
  kinds: Uint8Array.of(1, 2, 0, 1),
  dimension: 2,
  vectors: Float32Array.of(1, 2, 3, 4, 5, 6),
  docs: RECORDS.map((record) => encodeDocument(record, 'a')),
}

const LOG: readonly Operation[] = [
  { type: 'create', collection: 1, config: CONFIG },
  UPSERT,
  { type: 'configure', collection: 1, config: { ...CONFIG, quantization: 'none' } },
  { ...UPSERT, ids: ['d', 'e', 'a', 'f'] },
  { type: 'delete', collection: 1, ids: ['b', 'nobody'] },
]

export async function recoveryTargets(): Promise<Target[]> {
  return [
    {
      name: 'recovery from a log',
      samples: [LOG.map(encodeOperation)],
      read: async (parts) => {
        const storage = await openMemoryStorage('fuzz')
        const body: SavedDatabase = { collections: [], nextNumber: 1 }
        await storage.beginFold().commit({ foldedSeq: 0, chunks: [], body })
        for (const operation of parts) await storage.append(operation)
        await recoverAndUse(storage)
      },
    },
    await snapshotTarget(),
  ]
}

/** The first part is the body of the manifest, the others are the chunks it refers to, in its order. */
async function snapshotTarget(): Promise<Target> {
  const state = new CollectionState(referenceEngine, CONFIG)
  for (const operation of LOG) state.apply(operation)
  const written: Uint8Array[] = []
  const places: Pick<ChunkRef, 'path' | 'n'>[] = []
  const { saved } = await saveState(
    state,
    1,
    {
      write: async (path, n, bytes) => {
        places.push({ path, n })
        written.push(bytes.slice())
        return { generation: 1, path, n, bytes: bytes.length, hash: '' }
      },
    },
    undefined,
  )
  if (chunksOf(saved).length !== written.length) throw new Error('Chunks are missing.')
  const body: SavedDatabase = { collections: [saved], nextNumber: 2 }
  return {
    name: 'recovery from a snapshot',
    samples: [[new TextEncoder().encode(JSON.stringify(body)), ...written]],
    jsonFrom: 0,
    read: async ([text, ...chunks]) => {
      const storage = await openMemoryStorage('fuzz')
      const fold = storage.beginFold()
      const refs: ChunkRef[] = []
      for (const [at, { path, n }] of places.entries()) {
        refs.push(await fold.write(path, n, chunks[at]!))
      }
      await fold.commit({ foldedSeq: 0, chunks: refs, body: parseBody(text!, refs) })
      await recoverAndUse(storage)
    },
  }
}

/** What the manifest's own decoder answers, with references that fit the chunks as they are now. */
function parseBody(text: Uint8Array, refs: readonly ChunkRef[]): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(text), (_key, value: unknown) => {
      const { path, n } = (value ?? {}) as Partial<ChunkRef>
      return refs.find((ref) => ref.path === path && ref.n === n) ?? value
    })
  } catch (cause) {
    throw new QuiverError('CORRUPT', 'The manifest is not JSON.', { cause })
  }
}

async function recoverAndUse(storage: Storage): Promise<void> {
  const { collections } = await recoverFile(referenceEngine, storage, new Slices(undefined))
  for (const { state } of collections) {
    const { index, documents, live } = state
    const query = new Float32Array(index?.config.dimension ?? 0).fill(1)
    index?.search(query, { k: 5, ef: 5, method: 'exact' })
    for (const document of await documents.read(live.rows(), storage)) decodeDocument(document)
  }
}
