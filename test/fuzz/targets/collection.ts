/** Decoders of what a collection keeps of its records: columns and documents. */
import { deepStrictEqual, strictEqual } from 'node:assert'
import { Columns } from '../../../src/collection/columns/index.ts'
import { decodeDocument, encodeDocument } from '../../../src/collection/records.ts'
import { QuiverError } from '../../../src/contract/errors.ts'
import type { Target } from '../target.ts'
import { FIELDS, RECORDS } from './records.ts'

const utf8 = new TextEncoder()

export const collectionTargets: readonly Target[] = [columns(), documents()]

function columns(): Target {
  const some = new Columns(FIELDS)
  some.append(RECORDS)
  return {
    name: 'columns',
    samples: [[new Columns(FIELDS).encode()], [some.encode()]],
    read: ([bytes]) => {
      const decoded = Columns.decode(FIELDS, bytes!)
      decoded.append(RECORDS)
      for (const field of Object.keys(FIELDS)) decoded.column(field).exists()
      for (const field of ['lang', 'tags', 'year', 'read', 'bought']) {
        decoded.column(field, 'in').in(['en', 2026, true])
      }
      decoded.column('place', 'within').within({ lat: 52, lon: 5, radius: 1e5 })
      const encoded = decoded.encode()
      deepStrictEqual(Columns.decode(FIELDS, encoded).encode(), encoded)
    },
  }
}

function documents(): Target {
  return {
    name: 'documents',
    samples: RECORDS.map((record) => [utf8.encode(encodeDocument(record, 'a'))]),
    jsonFrom: 0,
    read: ([bytes]) => {
      const document = decodeDocument(new TextDecoder().decode(bytes))
      const encoded = encodedAgain(document)
      // As texts: JSON reads a -0 and writes 0.
      if (encoded !== undefined) strictEqual(encodedAgain(decodeDocument(encoded)), encoded)
    },
  }
}

/** `undefined` where it holds what is never written but can be read all the same: infinity as 1e999, very deep nesting. */
function encodedAgain(document: Record<string, unknown>): string | undefined {
  try {
    return encodeDocument(document, 'a')
  } catch (error) {
    if (error instanceof QuiverError && error.code === 'INVALID_RECORD') return undefined
    throw error
  }
}
