import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { QuiverError } from '../../../src/contract/errors.ts'
import { decodeStaticModel } from '../../../src/embed/static/format.ts'

const HEADER_BYTES = 32
const TOKENS = ['cat', '##s', 'é']

/** Three tokens of four values in groups of two. */
function writeModel(): Uint8Array {
  const name = new TextEncoder().encode('tiny-v1')
  const vocabulary = new TextEncoder().encode(TOKENS.join('\n'))
  const bytes = new Uint8Array(HEADER_BYTES + name.length + vocabulary.length + 12 + 6 + 4)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('QVSTATIC'))
  const header = [1, 4, 2, TOKENS.length, name.length, vocabulary.length]
  header.forEach((value, i) => {
    view.setUint32(8 + 4 * i, value, true)
  })
  bytes.set(name, HEADER_BYTES)
  bytes.set(vocabulary, HEADER_BYTES + name.length)
  const scales = HEADER_BYTES + name.length + vocabulary.length
  // 1, -2, 0.5, the largest and the smallest f16, and zero.
  ;[0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x0000].forEach((half, i) => {
    view.setUint16(scales + 2 * i, half, true)
  })
  bytes.set([0x10, 0x32, 0x54, 0x76, 0x98, 0xfa], scales + 12)
  return seal(bytes)
}

/** Makes the checksum right again, so that what is damaged is found for itself. */
function seal(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

function withHeader(offset: number, value: number): Uint8Array {
  const bytes = writeModel()
  new DataView(bytes.buffer).setUint32(offset, value, true)
  return seal(bytes)
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeStaticModel(bytes)
  } catch (error) {
    if (error instanceof QuiverError) return error.code
    throw error
  }
  return 'read without an error'
}

test('reads what the header describes', () => {
  const model = decodeStaticModel(writeModel())
  expect(model).toMatchObject({ name: 'tiny-v1', dimension: 4, groupSize: 2, tokens: TOKENS })
  expect([...model.scales]).toEqual([1, -2, 0.5, 65504, 2 ** -24, 0])
  expect([...model.codes]).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xfa])
})

test('reads a file that lies inside a larger buffer', () => {
  const bytes = writeModel()
  const buffer = new Uint8Array(bytes.length + 9)
  buffer.set(bytes, 5)
  expect(decodeStaticModel(buffer.subarray(5, 5 + bytes.length)).tokens).toEqual(TOKENS)
})

describe('refuses', () => {
  test('a file cut anywhere', () => {
    const bytes = writeModel()
    const codes = Array.from(bytes, (_, length) => codeOf(bytes.slice(0, length)))
    expect(codes).toEqual(codes.map(() => 'CORRUPT'))
  })

  test('a file with more at its end', () => {
    expect(codeOf(new Uint8Array([...writeModel(), 0]))).toBe('CORRUPT')
  })

  test('any single bit that is turned', () => {
    for (let bit = 0; bit < writeModel().length * 8; bit++) {
      const bytes = writeModel()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const inVersion = bit >> 3 >= 8 && bit >> 3 < 12 && bit !== 8 * 8
      expect(codeOf(bytes), `bit ${bit}`).toBe(inVersion ? 'NEWER_FORMAT' : 'CORRUPT')
    }
  })

  test('a page that a server sends instead', () => {
    expect(codeOf(new TextEncoder().encode('<!doctype html><html>'.repeat(9)))).toBe('CORRUPT')
  })

  test.each([
    ['a newer version', 8, 2, 'NEWER_FORMAT'],
    ['version 0', 8, 0, 'CORRUPT'],
    ['no dimension', 12, 0, 'CORRUPT'],
    ['a dimension of 4 billion', 12, 0xfffffffe, 'CORRUPT'],
    ['groups of nothing', 16, 0, 'CORRUPT'],
    ['groups of odd length', 16, 1, 'CORRUPT'],
    ['groups that do not divide the dimension', 16, 6, 'CORRUPT'],
    ['a token too few', 20, 2, 'CORRUPT'],
    ['4 billion tokens', 20, 0xffffffff, 'CORRUPT'],
    ['a name of 4 GB', 24, 0xffffffff, 'CORRUPT'],
    ['a vocabulary of 4 GB', 28, 0xffffffff, 'CORRUPT'],
  ])('%s', (_, offset, value, code) => {
    expect(codeOf(withHeader(offset, value))).toBe(code)
  })

  test.each([
    ['a vocabulary with a line feed too few', '\n', 0x20],
    ['a vocabulary that is not UTF-8', 'é', 0xff],
  ])('%s', (_, character, byte) => {
    const bytes = writeModel()
    const at = Buffer.from(bytes.buffer).indexOf(character)
    bytes[at] = byte
    expect(codeOf(seal(bytes))).toBe('CORRUPT')
  })

  test('a scale that is not a number', () => {
    const bytes = writeModel()
    const at = Buffer.from(bytes.buffer).indexOf(Buffer.from([0xff, 0x7b]))
    bytes[at + 1] = 0x7e
    expect(codeOf(seal(bytes))).toBe('CORRUPT')
  })
})
