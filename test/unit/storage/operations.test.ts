import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QuiverError } from '../../../src/contract/errors.ts'
import {
  decodeOperation,
  decodeWrite,
  encodeOperation,
  encodeWrite,
  type Operation,
} from '../../../src/storage/operations.ts'

const collection = fc.nat({ max: 0xffffffff })
const text = () => fc.string({ unit: 'binary' })
/** JSON of a value comes back as JSON of it: no -0. */
const config = fc
  .jsonValue({ stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)

const upsert: fc.Arbitrary<Operation> = fc
  .record({
    records: fc.array(fc.record({ id: text(), doc: text(), kind: fc.nat({ max: 2 }) })),
    dimension: fc.nat({ max: 9 }),
    seed: fc.float({ noNaN: true }),
    collection,
  })
  .map(({ records, dimension, seed, collection }) => ({
    type: 'upsert',
    collection,
    ids: records.map(({ id }) => id),
    kinds: Uint8Array.from(records, ({ kind }) => kind),
    dimension,
    vectors: Float32Array.from(
      { length: records.filter(({ kind }) => kind !== 0).length * dimension },
      (_, i) => seed * (i + 1),
    ),
    docs: records.map(({ doc }) => doc),
  }))

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constantFrom('create', 'configure'), collection, config }),
  fc.record({ type: fc.constant('drop'), collection }),
  fc.record({ type: fc.constant('delete'), collection, ids: fc.array(text()) }),
  upsert,
)

const example: Operation = {
  type: 'upsert',
  collection: 3,
  ids: ['a', 'naïve/“☃” ../x', '__proto__'],
  kinds: Uint8Array.of(1, 0, 2),
  dimension: 2,
  vectors: Float32Array.of(1.5, -2, 3e-40, 4),
  docs: ['{"year":2026}', '{}', '{"text":"☃"}'],
}

describe('operations', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(operation, (op) => {
        expect(decodeOperation(encodeOperation(op))).toEqual(op)
      }),
    )
  })

  test('come back as they were from any offset', () => {
    const bytes = encodeOperation(example)
    for (let offset = 0; offset < 8; offset++) {
      const shifted = new Uint8Array(bytes.byteLength + offset)
      shifted.set(bytes, offset)
      expect(decodeOperation(shifted.subarray(offset))).toEqual(example)
    }
  })

  test('keep every bit of a vector', () => {
    const bits = Uint32Array.of(0x80000000, 0x00000001, 0x7f7fffff, 0x3f800001)
    const vectors = new Float32Array(bits.buffer)
    const decoded = decodeOperation(
      encodeOperation({ ...example, dimension: 4, vectors, kinds: Uint8Array.of(0, 1, 0) }),
    )
    if (decoded.type !== 'upsert') throw new Error(decoded.type)
    expect(new Uint32Array(decoded.vectors.slice().buffer)).toEqual(bits)
  })

  test('cut short anywhere are CORRUPT', () => {
    const operations: Operation[] = [
      example,
      { type: 'create', collection: 1, config: { name: 'notes' } },
      { type: 'drop', collection: 1 },
      { type: 'delete', collection: 1, ids: ['a', 'b'] },
    ]
    for (const op of operations) {
      const bytes = encodeOperation(op)
      for (let length = 0; length < bytes.byteLength; length++) {
        expectCode('CORRUPT', () => decodeOperation(bytes.slice(0, length)))
      }
      expectCode('CORRUPT', () => decodeOperation(new Uint8Array([...bytes, 0])))
    }
  })

  test.each([-1, 2 ** 32, 1.5, NaN])('of collection %d are not written', (number) => {
    expectCode('INTERNAL', () => encodeOperation({ type: 'drop', collection: number }))
  })

  test('of a newer version are refused as such', () => {
    const bytes = encodeOperation(example).slice()
    bytes[0] = 2
    expectCode('NEWER_FORMAT', () => decodeOperation(bytes))
  })

  test('that claim more than there is are CORRUPT, and nothing is allocated for them', () => {
    for (const at of [8, 12]) {
      const bytes = encodeOperation(example).slice()
      new DataView(bytes.buffer).setUint32(at, 0xfffffff0, true)
      expectCode('CORRUPT', () => decodeOperation(bytes))
    }
  })

  test('with any byte changed are an operation or a typed error', () => {
    const bytes = encodeOperation(example)
    fc.assert(
      fc.property(
        fc.nat({ max: bytes.byteLength - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const changed = bytes.slice()
          changed[at] = (changed[at] ?? 0) ^ flip
          try {
            decodeOperation(changed)
          } catch (error) {
            expect(['CORRUPT', 'NEWER_FORMAT']).toContain((error as QuiverError).code)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('whose parts do not fit together are not written', () => {
    for (const wrong of [
      { ...example, kinds: Uint8Array.of(1, 0) },
      { ...example, docs: ['{}'] },
      { ...example, dimension: 3 },
      { ...example, vectors: new Float32Array(5) },
    ]) {
      expectCode('INTERNAL', () => encodeOperation(wrong))
    }
  })
})

function expectCode(code: string, act: () => unknown): void {
  expect(act).toThrow(expect.objectContaining({ code }))
}

describe('writes', () => {
  const call = fc.record({
    caller: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    n: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
  })

  test('come back as they were, with the call that made them', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), fc.option(call), (operations, call) => {
        const write = { call: call ?? undefined, operations }
        expect(decodeWrite(encodeWrite(write))).toEqual(write)
      }),
    )
  })

  test('of older logs are single operations', () => {
    expect(decodeWrite(encodeOperation(example))).toEqual({
      call: undefined,
      operations: [example],
    })
  })

  test('that are cut short, too long or of a later version are refused', () => {
    const bytes = encodeWrite({ call: { caller: 1n, n: 2n }, operations: [example, example] })
    for (let length = 0; length < bytes.length; length++) {
      expectCode('CORRUPT', () => decodeWrite(bytes.slice(0, length)))
    }
    expectCode('CORRUPT', () => decodeWrite(new Uint8Array([...bytes, 0, 0, 0, 0])))
    const later = bytes.slice()
    later[0] = 3
    expectCode('NEWER_FORMAT', () => decodeWrite(later))
  })
})
