import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fields } from '../../src/contract/fields.ts'
import { QuiverError } from '../../src/contract/errors.ts'
import { Columns } from '../../src/collection/columns/index.ts'
import { evaluateFilter, parseFilter } from '../../src/collection/filter/index.ts'
import {
  fieldsArbitrary,
  filterArbitrary,
  recordsArbitrary,
  type SampleRecord,
} from '../support/filters/samples.ts'

const fields = {
  lang: 'keyword',
  tags: 'keyword[]',
  year: 'number',
  draft: 'boolean',
  day: 'date',
  place: 'geo',
  body: 'text',
} as const

const records: readonly SampleRecord[] = [
  {
    lang: 'en',
    tags: ['a', 'b', 'a'],
    year: 2026,
    draft: true,
    day: new Date(0),
    place: { lat: -90, lon: 180 },
    body: 'x',
  },
  {},
  { lang: 'é\ud800', tags: [], year: -0.5, draft: false, day: new Date(-1), body: '' },
  {
    lang: 'en',
    tags: ['b'],
    year: null,
    draft: null,
    day: undefined,
    place: { lat: 0.5, lon: -0 },
  },
]

function columnsOf(declared: Fields, given: readonly SampleRecord[]): Columns {
  const columns = new Columns(declared)
  columns.append(given)
  return columns
}

function rowsOf(columns: Columns, declared: Fields, filter: unknown): number[] {
  return evaluateFilter(parseFilter(filter, declared), columns).rows()
}

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof QuiverError) return error.code
    throw error
  }
  return 'none'
}

/** Fields, records and a filter. */
const sample = fieldsArbitrary.chain((declared) =>
  fc.tuple(fc.constant(declared), recordsArbitrary(declared), filterArbitrary(declared)),
)

describe('Columns', () => {
  test('count rows, also where no field is declared', () => {
    expect(columnsOf(fields, records).rows).toBe(4)
    expect(columnsOf({}, records).rows).toBe(4)
    expect(new Columns(fields, 3).rows).toBe(3)
  })

  test('begin with rows that have no field, when told so', () => {
    const columns = new Columns(fields, 3)
    columns.append(records)
    for (const field of Object.keys(fields)) {
      expect(rowsOf(columns, fields, { [field]: null }).slice(0, 3)).toEqual([0, 1, 2])
    }
    expect(rowsOf(columns, fields, { tags: 'b' })).toEqual([3, 6])
    expect(rowsOf(columns, fields, { year: 2026 })).toEqual([3])
  })

  test('take a value of another type for absence', () => {
    const misfits: readonly SampleRecord[] = [
      { lang: 1, tags: 'a', year: '2026', draft: 1, day: '2026-01-31', place: [1, 2], body: 1 },
      {
        lang: ['en'],
        tags: ['a', 1],
        year: NaN,
        draft: 'true',
        day: new Date(NaN),
        place: { lat: 91, lon: 0 },
        body: ['a'],
      },
      { lang: {}, tags: [null], year: Infinity, draft: {}, day: 0, place: { lat: 1 }, body: {} },
    ]
    const columns = columnsOf(fields, misfits)
    for (const field of Object.keys(fields)) {
      expect(rowsOf(columns, fields, { [field]: { $exists: true } })).toEqual([])
    }
  })

  test('hold the same whether appended at once or one by one', () => {
    fc.assert(
      fc.property(sample, ([declared, given]) => {
        const grown = new Columns(declared)
        for (const record of given) grown.append([record])
        expect(grown.encode()).toEqual(columnsOf(declared, given).encode())
      }),
    )
  })

  test('say how many bytes they hold', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({ year: n, lang: `word ${n % 10}` }))
    const bytes = columnsOf({ year: 'number', lang: 'keyword' }, many).bytes()
    expect(bytes).toBeGreaterThanOrEqual(12_000)
    expect(bytes).toBeLessThan(30_000)
  })
})

describe('Columns as bytes', () => {
  test('come back as they were, and can grow on', () => {
    fc.assert(
      fc.property(sample, ([declared, given, filter]) => {
        const columns = columnsOf(declared, given)
        const decoded = Columns.decode(declared, columns.encode())
        expect(decoded.rows).toBe(given.length)
        expect(decoded.encode()).toEqual(columns.encode())
        columns.append(given)
        decoded.append(given)
        expect(rowsOf(decoded, declared, filter)).toEqual(rowsOf(columns, declared, filter))
      }),
    )
  })

  test('are what the format says', () => {
    const columns = columnsOf({ draft: 'boolean', lang: 'keyword' }, [
      { draft: true, lang: 'x' },
      {},
      { draft: false, lang: 'x' },
    ])
    const json = (text: string): number[] => [text.length, 0, 0, 0, ...Buffer.from(text)]
    expect([...columns.encode()]).toEqual([
      ...Buffer.from('QCOL'),
      ...[1, 0, 0, 0],
      ...[3, 0, 0, 0],
      ...json('[["draft","boolean"],["lang","keyword"]]'),
      ...[0b001, 0b100],
      ...json('["x"]'),
      ...[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    ])
  })

  test('are read wherever they begin in a larger buffer', () => {
    const bytes = columnsOf(fields, records).encode()
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(Columns.decode(fields, shifted.subarray(1)).encode()).toEqual(bytes)
  })

  test('are refused when cut short or too long', () => {
    const bytes = columnsOf(fields, records).encode()
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => Columns.decode(fields, bytes.subarray(0, length)))).toBe('CORRUPT')
    }
    expect(codeOf(() => Columns.decode(fields, Uint8Array.of(...bytes, 0)))).toBe('CORRUPT')
  })

  test('are refused, or still columns, after any flip of bits', () => {
    const bytes = columnsOf(fields, records).encode()
    const codes = new Set<string>()
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      const code = codeOf(() => {
        const columns = Columns.decode(fields, damaged)
        for (const field of Object.keys(fields)) rowsOf(columns, fields, { [field]: null })
      })
      codes.add(code)
    }
    expect([...codes].sort()).toEqual(['CORRUPT', 'NEWER_FORMAT', 'none'])
  })

  test('are refused when they are anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => Columns.decode(fields, bytes))).toBe('CORRUPT')
      }),
    )
  })

  test('allocate nothing for rows that are not there', () => {
    const bytes = columnsOf({ year: 'number', draft: 'boolean', tags: 'keyword[]' }, []).encode()
    bytes.fill(0xff, 8, 12)
    const declared = { year: 'number', draft: 'boolean', tags: 'keyword[]' } as const
    expect(codeOf(() => Columns.decode(declared, bytes))).toBe('CORRUPT')
  })

  test('are refused for other fields', () => {
    const bytes = columnsOf({ year: 'number', lang: 'keyword' }, records).encode()
    const decode = (declared: Fields) => codeOf(() => Columns.decode(declared, bytes))
    expect(decode({ lang: 'keyword', year: 'number' })).toBe('none')
    expect(decode({ year: 'date', lang: 'keyword' })).toBe('CORRUPT')
    expect(decode({ year: 'number' })).toBe('CORRUPT')
  })

  test('lack a field that was declared after they were written, and say so', () => {
    const bytes = columnsOf({ year: 'number' }, records).encode()
    const columns = Columns.decode({ year: 'number', lang: 'keyword' }, bytes)
    expect([columns.has('year'), columns.has('lang')]).toEqual([true, false])
    expect(codeOf(() => columns.column('lang'))).toBe('CORRUPT')
  })

  test('of a newer format are told apart from damage', () => {
    const bytes = columnsOf(fields, records).encode()
    bytes[4] = 2
    expect(codeOf(() => Columns.decode(fields, bytes))).toBe('NEWER_FORMAT')
    bytes[4] = 0
    expect(codeOf(() => Columns.decode(fields, bytes))).toBe('CORRUPT')
  })
})
