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
      { a: 'keyword', b: 'keyword[]', c: 'number', d: 'boolean', e: 'date' },
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
    [{ body: 'text' }, 'UNSUPPORTED', /^Field "body" is declared as text, which is not there yet/],
    [{ text: 'text' }, 'UNSUPPORTED', /^Field "text" is declared as text/],
    [{ place: 'geo' }, 'UNSUPPORTED', /^Field "place" is declared as geo/],
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
  ] as const)('refuses %s %o', (type, value, message) => {
    expect(() => {
      validateFieldValue('f', type, value)
    }).toThrow(refusal('INVALID_RECORD', message))
  })
})
