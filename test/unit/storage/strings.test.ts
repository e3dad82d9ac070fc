import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QuiverError } from '../../../src/contract/errors.ts'
import { decodeStrings, encodeStrings } from '../../../src/storage/codec/strings.ts'

/** Any well-formed text: every plane, controls, byte order marks. */
const text = () => fc.string({ unit: 'binary' })

describe('strings', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(text()), (values) => {
        expect(decodeStrings(encodeStrings(values))).toEqual(values)
      }),
    )
  })

  test.each([
    { values: [] },
    { values: [''] },
    { values: ['', '', ''] },
    { values: ['\uFEFFa byte order mark in front', 'and \uFEFF within'] },
    { values: ['a\0b', '__proto__', 'naïve/“☃” ../x', '𝒳', '\uFFFD'] },
    { values: ['e', '\u0301'] },
  ])('come back as they were: $values', ({ values }) => {
    expect(decodeStrings(encodeStrings(values))).toEqual(values)
  })

  test('of ten megabytes come back as they were', () => {
    const values = ['x'.repeat(10_000_000), 'ß☃𝒳'.repeat(1_000_000)]
    expect(decodeStrings(encodeStrings(values)).every((v, i) => v === values[i])).toBe(true)
  })

  test('with half a surrogate pair are refused', () => {
    for (const broken of ['\uD800', 'a\uDC00b', '\uDC00\uD800']) {
      expect(() => encodeStrings(['fine', broken])).toThrow(
        expect.objectContaining({ code: 'INVALID_RECORD' }),
      )
    }
  })

  test('cut short anywhere, or with a byte too many, are CORRUPT', () => {
    const bytes = encodeStrings(['one', 'two ☃', ''])
    for (let length = 0; length < bytes.byteLength; length++) {
      expectCorrupt(() => decodeStrings(bytes.slice(0, length)))
    }
    expectCorrupt(() => decodeStrings(new Uint8Array([...bytes, 0])))
  })

  test('that claim more than there is are CORRUPT, and nothing is allocated for them', () => {
    const bytes = encodeStrings(['one'])
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    view.setUint32(0, 0xffffffff, true)
    expectCorrupt(() => decodeStrings(bytes))
    view.setUint32(0, 1, true)
    view.setUint32(4, 0xffffffff, true)
    expectCorrupt(() => decodeStrings(bytes))
  })

  test('of any bytes at all are strings or CORRUPT', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(Array.isArray(decodeStrings(bytes))).toBe(true)
        } catch (error) {
          expect((error as QuiverError).code).toBe('CORRUPT')
        }
      }),
    )
  })

  test('are read at an odd offset too', () => {
    const bytes = encodeStrings(['one', 'two'])
    const shifted = new Uint8Array(bytes.byteLength + 1)
    shifted.set(bytes, 1)
    expect(decodeStrings(shifted.subarray(1))).toEqual(['one', 'two'])
  })
})

function expectCorrupt(decode: () => unknown): void {
  expect(decode).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
}
