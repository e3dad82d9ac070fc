/** Exported files: as bytes, and as a head and pieces whose checksums are true, so that what lies behind them is reached. */
import { createConfig } from '../../../src/collection/config.ts'
import { decodeDocument, encodeDocument } from '../../../src/collection/records.ts'
import { recover } from '../../../src/collection/recover.ts'
import { saveState } from '../../../src/collection/snapshot.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import { importInto, readFile, retireAll } from '../../../src/collection/transfer/import.ts'
import type { Engine } from '../../../src/engine/index.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { ArchiveWriter } from '../../../src/storage/archive/writer.ts'
import { type Checksum, loadChecksum } from '../../../src/storage/codec/checksum.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { encodeWrite, type Operation } from '../../../src/storage/operations.ts'
import { putTogether, sealHead, takeApart } from '../../support/archives.ts'
import type { Target } from '../target.ts'
import { isIndexChunk, sealIndexChunk } from './engine.ts'
import { FIELDS, RECORDS } from './records.ts'

export async function archiveTargets(): Promise<Target[]> {
  const checksum = await loadChecksum()
  const engine = await loadWasmEngine()
  const blob = await sampleArchive(engine, checksum)
  const bytes = new Uint8Array(await blob.arrayBuffer())
  return [
    {
      name: 'exported files',
      samples: [[bytes]],
      seal: (part) => {
        sealHead(part, checksum)
      },
      read: ([part]) => importAndUse(engine, new Blob([part as Uint8Array<ArrayBuffer>])),
    },
    {
      name: 'exported files with true checksums',
      samples: [takeApart(bytes)],
      jsonFrom: 0,
      seal: (part) => {
        if (isIndexChunk(part)) sealIndexChunk(part)
      },
      read: ([head, ...pieces]) => importAndUse(engine, putTogether(head!, pieces, checksum)),
    },
  ]
}

/** A snapshot of two collections, one with a graph, and a log after it. */
async function sampleArchive(engine: Engine, checksum: Checksum): Promise<Blob> {
  const writer = new ArchiveWriter(checksum)
  const saved = []
  for (const [number, index] of [{ type: 'flat' }, { type: 'hnsw' }].entries()) {
    const config = createConfig(`c${number}`, { dimension: 2, fields: FIELDS, index } as object)
    const state = new CollectionState(engine, config)
    state.apply(upsert(number, ['a', 'b', 'c', 'd']))
    const write = async (path: string, n: number, bytes: Uint8Array) =>
      writer.addChunk([7, path, n], bytes)
    state.index?.indexRows(Infinity)
    saved.push((await saveState(state, number, { write }, undefined)).saved)
    state.retire()
  }
  const config = createConfig('late', { dimension: 2 })
  const writes: Operation[][] = [
    [upsert(0, ['d', 'e', 'a', 'f']), { type: 'delete', collection: 1, ids: ['b'] }],
    [
      { type: 'create', collection: 2, config },
      { type: 'configure', collection: 2, config: { ...config, quantization: 'f16' } },
    ],
    [upsert(2, ['x', 'y', 'z', 'a'])],
  ]
  for (const operations of writes) {
    writer.addOperation(encodeWrite({ call: undefined, operations }))
  }
  return writer.finish({ collections: saved, nextNumber: 2 })
}

function upsert(collection: number, ids: readonly string[]): Operation {
  return {
    type: 'upsert',
    collection,
    ids,
    kinds: Uint8Array.of(1, 2, 0, 1),
    dimension: 2,
    vectors: Float32Array.of(1, 2, 3, 4, 5, 6),
    docs: RECORDS.map((record) => encodeDocument(record, 'a')),
  }
}

/** What was imported can be opened and read to its end; what was refused has left no trace. */
async function importAndUse(engine: Engine, blob: Blob): Promise<void> {
  const storage = await openMemoryStorage('fuzz')
  const before = await storage.beginFold().commit({ foldedSeq: 0, chunks: [], body: null })
  try {
    const file = await readFile(engine, blob, {})
    await importInto(storage, file, {}).finally(() => {
      retireAll(file.recovered)
    })
  } catch (error) {
    if (storage.manifest !== before) throw new Error('Half an import.', { cause: error })
    throw error
  }
  try {
    await use(engine, storage)
  } catch (cause) {
    throw new Error('What was imported cannot be used.', { cause })
  }
}

async function use(engine: Engine, storage: Storage): Promise<void> {
  const recovered = await recover(engine, storage)
  for (const { state } of recovered.collections) {
    const { index, documents, live } = state
    const query = new Float32Array(index?.config.dimension ?? 0).fill(1)
    index?.search(query, { k: 5, ef: 5, method: 'graph' })
    for (const document of await documents.read(live.rows(), storage)) decodeDocument(document)
  }
  retireAll(recovered)
}
