/** Decoders of collections: columns, documents, and what a database makes of a log and a snapshot. */
import { deepStrictEqual } from 'node:assert'
import { Columns } from '../../../src/collection/columns/index.ts'
import { createConfig } from '../../../src/collection/config.ts'
import { decodeDocument, encodeDocument } from '../../../src/collection/records.ts'
import { recover } from '../../../src/collection/recover.ts'
import type { CollectionState } from '../../../src/collection/state.ts'
import type { Fields } from '../../../src/contract/fields.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { encodeOperation, type Operation } from '../../../src/storage/operations.ts'
import type { Target } from '../target.ts'

const FIELDS: Fields = {
  year: 'number',
  read: 'boolean',
  lang: 'keyword',
  tags: 'keyword[]',
  bought: 'date',
}

const RECORDS = [
  { year: 2026, read: true, lang: 'en', tags: ['a', 'b'], bought: new Date(0) },
  {},
  { year: -0.5, read: false, lang: 'naïve ☃', tags: [] },
  { lang: 'en', tags: ['b'], text: 'a $date', nested: { $date: 'no', deep: [[1, null]] } },
]

const utf8 = new TextEncoder()

export const collectionTargets: readonly Target[] = [columns(), documents(), recovery()]

function columns(): Target {
  const some = new Columns(FIELDS)
  some.append(RECORDS)
  return {
    name: 'columns',
    samples: [[new Columns(FIELDS).encode()], [some.encode()]],
    read: ([bytes]) => {
      const decoded = Columns.decode(FIELDS, bytes!)
      decoded.append(RECORDS)
      for (const field of Object.keys(FIELDS)) decoded.column(field).in(['en', 2026, true])
      const encoded = decoded.encode()
      deepStrictEqual(Columns.decode(FIELDS, encoded).encode(), encoded)
    },
  }
}

function documents(): Target {
  return {
    name: 'documents',
    samples: RECORDS.map((record) => [utf8.encode(encodeDocument(record, 'a'))]),
    read: ([bytes]) => {
      const document = decodeDocument(new TextDecoder().decode(bytes))
      deepStrictEqual(decodeDocument(encodeDocument(document, 'a')), document)
    },
  }
}

/** Each part is an operation of the log: all are whole, none can be trusted. */
function recovery(): Target {
  const config = createConfig('notes', { dimension: 2, fields: FIELDS })
  const docs = RECORDS.map((record) => encodeDocument(record, 'a'))
  const upsert: Operation = {
    type: 'upsert',
    collection: 1,
    ids: ['a', 'b', 'c', 'd'],
    kinds: Uint8Array.of(1, 2, 0, 1),
    dimension: 2,
    vectors: Float32Array.of(1, 2, 3, 4, 5, 6),
    docs,
  }
  const log: readonly Operation[] = [
    { type: 'create', collection: 1, config },
    upsert,
    { type: 'configure', collection: 1, config: { ...config, quantization: 'none' } },
    { ...upsert, ids: ['d', 'e', 'a', 'f'] },
    { type: 'delete', collection: 1, ids: ['b', 'nobody'] },
  ]
  return {
    name: 'recovery',
    samples: [log.map(encodeOperation)],
    read: async (parts) => {
      const storage = await openMemoryStorage('fuzz')
      for (const operation of parts) await storage.append(operation)
      const { collections } = await recover(referenceEngine, storage)
      for (const { state } of collections) await use(state, storage)
    },
  }
}

async function use(
  state: CollectionState,
  storage: Parameters<CollectionState['documents']['read']>[1],
): Promise<void> {
  const { index } = state
  index?.search(new Float32Array(index.config.dimension).fill(1), { k: 5, ef: 5, method: 'exact' })
  for (const document of await state.documents.read(state.live.rows(), storage)) {
    decodeDocument(document)
  }
}
