/** Decoders of the storage: its log, its header, its manifests, lists of strings, and what the log holds. */
import { deepStrictEqual } from 'node:assert'
import { loadChecksum } from '../../../src/storage/codec/checksum.ts'
import { decodeClaim, encodeClaim } from '../../../src/storage/codec/claim.ts'
import { decodeHeader, encodeHeader } from '../../../src/storage/codec/header.ts'
import {
  decodeLogRecord,
  encodeLogRecord,
  resumedFrom,
} from '../../../src/storage/codec/log-record.ts'
import { decodeManifest, encodeManifest } from '../../../src/storage/codec/manifest.ts'
import { SEAL_BYTES, seal } from '../../../src/storage/codec/sealed.ts'
import { decodeStrings, encodeStrings } from '../../../src/storage/codec/strings.ts'
import {
  decodeWrite,
  encodeOperation,
  encodeWrite,
  type Operation,
} from '../../../src/storage/operations.ts'
import type { Target } from '../target.ts'

const SEQ = 77
const GENERATION = 9

export async function storageTargets(): Promise<Target[]> {
  const checksum = await loadChecksum()
  const sealed = {
    seal: (part: Uint8Array) => {
      if (part.length >= SEAL_BYTES) seal(part, checksum)
    },
  }

  const strings: Target = {
    name: 'strings',
    samples: [[], ['a'], ['naïve ☃', '', '𝄞 clef', 'x'.repeat(300)]].map((values) => [
      encodeStrings(values),
    ]),
    read: ([bytes]) => {
      const values = decodeStrings(bytes!)
      deepStrictEqual(decodeStrings(encodeStrings(values)), values)
    },
  }

  const call = { caller: 0x1234_5678_9abc_def0n, n: 7n }
  const writes: Target = {
    name: 'writes',
    samples: [
      ...sampleOperations.map((operation) => [encodeOperation(operation)]),
      [encodeWrite({ call, operations: sampleOperations })],
    ],
    read: ([bytes]) => {
      const write = decodeWrite(bytes!)
      deepStrictEqual(decodeWrite(encodeWrite(write)), write)
    },
  }

  const logRecord = { epoch: 3, seq: SEQ, position: 4_096, part: 0, parts: 1 }
  const logRecords: Target = {
    name: 'log records',
    samples: [
      { ...logRecord, kind: 0, payload: Uint8Array.of(1, 2, 3) },
      { ...logRecord, kind: 0, part: 1, parts: 5, payload: new Uint8Array(200) },
      { ...logRecord, kind: 3, payload: Uint8Array.of(70, 0, 0, 0, 0, 0, 0, 0) },
    ].map((record) => [encodeLogRecord(record, checksum)]),
    ...sealed,
    read: ([bytes]) => {
      const record = decodeLogRecord(bytes, SEQ, checksum)
      resumedFrom(record)
      deepStrictEqual(decodeLogRecord(encodeLogRecord(record, checksum), SEQ, checksum), record)
    },
  }

  const header = { format: 2, storeUUID: '00112233', readerFlags: [], writerFlags: ['a'] }
  const encryption = { kdf: 'none', salt: '00ff', iterations: 9, check: 'abcdef' } as const
  const headers: Target = {
    name: 'headers',
    samples: [header, { ...header, readerFlags: ['encrypted'], encryption }].map((each) => [
      encodeHeader(each, checksum),
    ]),
    ...sealed,
    jsonFrom: SEAL_BYTES,
    read: ([bytes]) => {
      const decoded = decodeHeader(bytes, checksum)
      deepStrictEqual(decodeHeader(encodeHeader(decoded, checksum), checksum), decoded)
    },
  }

  const claims: Target = {
    name: 'claims',
    samples: [[encodeClaim(SEQ, checksum)]],
    ...sealed,
    read: ([bytes]) => {
      const seq = decodeClaim(bytes, 3, checksum)
      deepStrictEqual(decodeClaim(encodeClaim(seq, checksum), 3, checksum), seq)
    },
  }

  const manifest = { generation: GENERATION, foldedSeq: SEQ, foldedPosition: 500, chunks: [] }
  const chunk = { generation: 2, path: '3/vectors', n: 4, bytes: 5, hash: '00000000000000ff' }
  const manifests: Target = {
    name: 'manifests',
    samples: [
      { ...manifest, body: null },
      { ...manifest, chunks: [chunk, { ...chunk, n: 5 }], body: { collections: [] } },
    ].map((each) => [encodeManifest(each, checksum)]),
    ...sealed,
    jsonFrom: SEAL_BYTES,
    read: ([bytes]) => {
      const decoded = decodeManifest(bytes, GENERATION, checksum)
      const again = decodeManifest(encodeManifest(decoded, checksum), GENERATION, checksum)
      deepStrictEqual(again, decoded)
    },
  }

  return [strings, writes, logRecords, headers, claims, manifests]
}

const sampleOperations: readonly Operation[] = [
  { type: 'create', collection: 1, config: { name: 'notes', fields: { lang: 'keyword' } } },
  { type: 'drop', collection: 2 },
  { type: 'delete', collection: 1, ids: ['a', '☃'] },
  {
    type: 'upsert',
    collection: 1,
    ids: ['a', 'b', 'c'],
    kinds: Uint8Array.of(1, 0, 2),
    dimension: 2,
    vectors: Float32Array.of(1, 2, 3, 4),
    docs: ['{"text":"naïve"}', '{}', '{"year":2026}'],
  },
]
