/** Log records, manifests and headers: whatever is changed in them is noticed. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Checksum, loadChecksum } from '../../../src/storage/codec/checksum.ts'
import { decodeClaim, encodeClaim } from '../../../src/storage/codec/claim.ts'
import {
  decodeHeader,
  decodeHeaders,
  encodeHeader,
  type Header,
  newHeader,
  raised,
} from '../../../src/storage/codec/header.ts'
import {
  cut,
  decodeLogRecord,
  encodeLogRecord,
  LogKind,
  type LogRecord,
} from '../../../src/storage/codec/log-record.ts'
import {
  decodeManifest,
  encodeManifest,
  type StoredManifest,
} from '../../../src/storage/codec/manifest.ts'
import { sealJson } from '../../../src/storage/codec/sealed.ts'

let checksum: Checksum
beforeAll(async () => {
  checksum = await loadChecksum()
})

const record: LogRecord = {
  kind: LogKind.operation,
  epoch: 7,
  seq: 2 ** 40,
  position: 2 ** 45 + 1,
  part: 2,
  parts: 3,
  payload: Uint8Array.of(1, 2, 3, 4, 5),
}

const manifest: StoredManifest = {
  generation: 12,
  foldedSeq: 34,
  foldedPosition: 5_678,
  chunks: [
    { generation: 12, path: '1/vectors', n: 0, bytes: 4_194_304, hash: '0123456789abcdef' },
    { generation: 3, path: 'naïve/“☃”', n: 1, bytes: 0, hash: 'ef46db3751d8e999' },
  ],
  body: { collections: [{ name: '__proto__', rows: 2 }] },
}

describe('checksum', () => {
  test('is xxh64, whose values for these are published', () => {
    // https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md and the reference implementation's sanity checks
    expect(checksum(new Uint8Array(0))).toBe(0xef46db3751d8e999n)
    expect(checksum(new TextEncoder().encode('abc'))).toBe(0x44bc2cf5ad770999n)
  })
})

describe('log record', () => {
  test('comes back as it was', () => {
    expect(decodeLogRecord(encodeLogRecord(record, checksum), record.seq, checksum)).toEqual(record)
  })

  test('in the wrong place is CORRUPT', () => {
    const bytes = encodeLogRecord(record, checksum)
    expectCode('CORRUPT', () => decodeLogRecord(bytes, record.seq + 1, checksum))
  })

  test('changed or cut anywhere is CORRUPT', () => {
    everyDamage(encodeLogRecord(record, checksum), (bytes) =>
      decodeLogRecord(bytes, record.seq, checksum),
    )
  })

  test('that is no bytes is CORRUPT', () => {
    for (const value of [undefined, null, 'text', {}, new ArrayBuffer(64), new Uint8Array(8)]) {
      expectCode('CORRUPT', () => decodeLogRecord(value, 1, checksum))
    }
  })

  test('cuts an operation into parts that make it up again', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 1, max: 40 }),
        (operation, limit) => {
          const parts = cut(operation, limit)
          expect(parts.flatMap(({ payload }) => [...payload])).toEqual([...operation])
          expect(parts.map(({ part }) => part)).toEqual([...parts.keys()])
          for (const { parts: count, payload } of parts) {
            expect(count).toBe(parts.length)
            expect(payload.byteLength).toBeLessThanOrEqual(limit)
          }
        },
      ),
    )
  })
})

describe('manifest', () => {
  test('comes back as it was', () => {
    expect(decodeManifest(encodeManifest(manifest, checksum), 12, checksum)).toEqual(manifest)
  })

  test('in the wrong place is CORRUPT', () => {
    const bytes = encodeManifest(manifest, checksum)
    expectCode('CORRUPT', () => decodeManifest(bytes, 13, checksum))
  })

  test('changed or cut anywhere is CORRUPT', () => {
    everyDamage(encodeManifest(manifest, checksum), (bytes) => decodeManifest(bytes, 12, checksum))
  })

  test('of a newer version is refused as such', () => {
    const bytes = sealJson({ version: 2 }, checksum)
    expectCode('NEWER_FORMAT', () => decodeManifest(bytes, 12, checksum))
  })
})

describe('header', () => {
  test('comes back as it was, and no two stores share one', () => {
    const header = newHeader()
    expect(decodeHeader(encodeHeader(header, checksum), checksum)).toEqual(header)
    expect(header.storeUUID).toMatch(/^[0-9a-f]{32}$/)
    expect(newHeader().storeUUID).not.toBe(header.storeUUID)
  })

  test('changed or cut anywhere is CORRUPT', () => {
    everyDamage(encodeHeader(newHeader(), checksum), (bytes) => decodeHeader(bytes, checksum))
  })

  test('of a newer format, or with a flag nobody here knows, is refused', () => {
    for (const change of [{ format: 3 }, { readerFlags: ['sharded'] }]) {
      const bytes = encodeHeader({ ...newHeader(), ...change }, checksum)
      expectCode('NEWER_FORMAT', () => decodeHeader(bytes, checksum))
    }
  })
})

describe('the two headers', () => {
  const place = (change: Partial<Header> = {}) =>
    encodeHeader({ ...newHeader(), ...change }, checksum)

  test('stand in for each other, and say that one is damaged', () => {
    const whole = place()
    const broken = whole.slice(1)
    for (const values of [
      [whole, broken],
      [broken, whole],
      [undefined, whole],
    ]) {
      const { header, damaged } = decodeHeaders(values, checksum)
      expect(header).toEqual(decodeHeader(whole, checksum))
      expect(damaged).toBe(true)
    }
    expect(decodeHeaders([whole, whole], checksum).damaged).toBe(false)
    expectCode('CORRUPT', () => decodeHeaders([broken, undefined], checksum))
  })

  test('were one in format 1', () => {
    const old = place({ format: 1 })
    expect(decodeHeaders([old, undefined], checksum).damaged).toBe(false)
    expect(raised(decodeHeader(old, checksum))).toMatchObject({ format: 2 })
    expect(raised(newHeader())).toBeUndefined()
  })

  test('are both obeyed where one asks for a newer version', () => {
    expectCode('NEWER_FORMAT', () => decodeHeaders([place(), place({ format: 3 })], checksum))
  })
})

describe('claim', () => {
  test('comes back as it was, and as format 1 wrote it', () => {
    expect(decodeClaim(encodeClaim(2 ** 40, checksum), 3, checksum)).toBe(2 ** 40)
    expect(decodeClaim(77, 3, checksum)).toBe(77)
  })

  test('changed or cut anywhere is CORRUPT', () => {
    everyDamage(encodeClaim(77, checksum), (bytes) => decodeClaim(bytes, 3, checksum))
    for (const value of [undefined, -1, 0.5, 'text']) {
      expectCode('CORRUPT', () => decodeClaim(value, 3, checksum))
    }
  })
})

/** Every bit flipped, every truncation, a byte too many: each must be noticed. */
function everyDamage(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
    const changed = bytes.slice()
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expectCode('CORRUPT', () => decode(changed))
  }
  for (let length = 0; length < bytes.byteLength; length++) {
    expectCode('CORRUPT', () => decode(bytes.slice(0, length)))
  }
  expectCode('CORRUPT', () => decode(new Uint8Array([...bytes, 0])))
}

function expectCode(code: string, act: () => unknown): void {
  expect(act).toThrow(expect.objectContaining({ code }))
}
