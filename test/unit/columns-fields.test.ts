import { describe, expect, test } from 'vitest'
import { validateFields, validateFieldValue } from '../../src/collection/columns/index.ts'

function refusal(code: string, message: string | RegExp): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(message) as string })
}

describe('validateFields', () => {
  test('lets every type and any other name through', () => {
    const traps: unknown = JSON.parse('{ "__proto__": "number", "constructor": "keyword" }')
    for (const fields of [
      {},
      { a: 'keyword', b: 'keyword[]', c: 'number', d: 'boolean', e: 'date', f: 'geo', g: 'text' },
      {
        text: 'text',
        body: { type: 'text' },
        title: { type: 'text', language: 'dutch', boost: 2 },
      },
      { text: { type: 'text', language: undefined, boost: undefined } },
      { 'naïve/“☃” ../x': 'number', ' ': 'date' },
      traps,
    ]) {
      expect(() => {
        validateFields(fields)
      }).not.toThrow()
    }
  })

  test.each([
    [null, 'INVALID_OPTION', /^fields must be an object .* got null/],
    [['lang'], 'INVALID_OPTION', /^fields must be an object .* got an array/],
    [Object.create({ a: 'number' }), 'INVALID_OPTION', /^fields must be an object/],
    [{ a: 'string' }, 'INVALID_OPTION', /^Field "a" .* one of keyword, .* got 'string'/],
    [{ a: undefined }, 'INVALID_OPTION', /^Field "a" .* got undefined/],
    [{ a: 'toString' }, 'INVALID_OPTION', /^Field "a" .* got 'toString'/],
    [{ a: { type: 'number' } }, 'INVALID_OPTION', /^Field "a" .* got an object/],
    [
      { a: Object.create({ type: 'text' }) as object },
      'INVALID_OPTION',
      /^Field "a" .* got an object/,
    ],
    [{ a: { type: 'text', lang: 'dutch' } }, 'INVALID_OPTION', /^Field "a" has an option "lang"/],
    [
      { a: { type: 'text', language: 'klingon' } },
      'INVALID_OPTION',
      /must be one of danish, .* got 'klingon'/,
    ],
    [{ a: { type: 'text', language: 'toString' } }, 'INVALID_OPTION', /got 'toString'/],
    [{ a: { type: 'text', language: null } }, 'INVALID_OPTION', /got null/],
    [
      { a: { type: 'text', boost: 0 } },
      'INVALID_OPTION',
      /boost of Field "a" must be a number above 0/,
    ],
    [{ a: { type: 'text', boost: NaN } }, 'INVALID_OPTION', /boost .* got NaN/],
    [{ a: { type: 'text', boost: '2' } }, 'INVALID_OPTION', /boost .* got '2'/],
    [{ id: { type: 'text' } }, 'INVALID_OPTION', /reserved/],
    [{ documentId: 'text' }, 'INVALID_OPTION', /reserved/],
    [{ id: 'keyword' }, 'INVALID_OPTION', /^Field "id" cannot be declared: .* reserved/],
    [{ vector: 'number' }, 'INVALID_OPTION', /reserved/],
    [{ text: 'keyword' }, 'INVALID_OPTION', /reserved/],
    [{ documentId: 'keyword' }, 'INVALID_OPTION', /reserved/],
    [{ chunkIndex: 'number' }, 'INVALID_OPTION', /reserved/],
    [{ '': 'number' }, 'INVALID_OPTION', /must not be empty/],
    [{ $and: 'number' }, 'INVALID_OPTION', /nor begin with \$/],
  ])('refuses %o', (fields: unknown, code, message) => {
    expect(() => {
      validateFields(fields)
    }).toThrow(refusal(code, message))
  })
})

describe('validateFieldValue', () => {
  test.each([
    ['keyword', ''],
    ['keyword[]', []],
    ['keyword[]', ['a', 'a']],
    ['number', -0],
    ['boolean', false],
    ['date', new Date(-1)],
    ['geo', { lat: -90, lon: 180 }],
    ['geo', { lon: -180, lat: -0 }],
    ['text', ''],
    [{ type: 'text', boost: 2 }, 'the cat sat'],
  ] as const)('lets %s %o through', (type, value) => {
    expect(() => {
      validateFieldValue('f', type, value)
    }).not.toThrow()
  })

  test.each([
    ['keyword', 5, /^Field "f" is declared as keyword and must hold a string, got 5/],
    ['keyword', ['a'], /must hold a string, got an array/],
    ['keyword[]', 'a', /must hold an array of strings, got 'a'/],
    ['keyword[]', ['a', 5], /must hold an array of strings, but value 1 is 5/],
    ['keyword[]', Array(1), /but value 0 is undefined/],
    ['number', '5', /must hold a finite number, got '5'/],
    ['number', NaN, /must hold a finite number, got NaN/],
    ['number', -Infinity, /must hold a finite number, got -Infinity/],
    ['boolean', 'true', /must hold true or false, got 'true'/],
    ['date', '2026-01-31', /must hold a valid Date, got '2026-01-31'/],
    ['date', new Date(NaN), /must hold a valid Date, got an invalid Date/],
    ['date', 0, /must hold a valid Date, got 0/],
    ['geo', [52, 5], /must hold { lat, lon } in degrees, .* got an array/],
    ['geo', { lat: 90.1, lon: 0 }, /got { lat: 90.1, lon: 0 }/],
    ['geo', { lat: 0, lon: -181 }, /got { lat: 0, lon: -181 }/],
    ['geo', { lat: NaN, lon: 0 }, /got { lat: NaN, lon: 0 }/],
    ['geo', { lat: '52', lon: 5 }, /got { lat: '52', lon: 5 }/],
    ['geo', { lat: 52 }, /got { lat: 52 }/],
    ['geo', { latitude: 52, longitude: 5 }, /got { latitude: 52, longitude: 5 }/],
    ['geo', { lat: 52, lon: 5, alt: 1 }, /got { lat: 52, lon: 5, alt: 1 }/],
    ['geo', Object.create({ lat: 52, lon: 5 }), /got an object/],
    ['text', 5, /^Field "f" is declared as text and must hold a string, got 5/],
    [{ type: 'text' }, ['a'], /is declared as text and must hold a string, got an array/],
  ] as const)('refuses %s %o', (type, value, message) => {
    expect(() => {
      validateFieldValue('f', type, value)
    }).toThrow(refusal('INVALID_RECORD', message))
  })
})
