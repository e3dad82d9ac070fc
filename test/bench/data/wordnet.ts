import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inRepository } from '../../../scripts/lib/root.mjs'
import { K } from '../contenders/contender.ts'
import type { Raw } from './dataset.ts'

/** Sentence embeddings that lie beside the repository on some machines; elsewhere `definitions.ts` stands in. */
const folder = inRepository('..', 'shared', 'data', 'wordnet-minilm')

export const wordnetIsHere = existsSync(folder)

const DIMENSION = 384
const ROWS = 100_000
const TRUTH_PER_QUERY = 100

/** 100,000 of WordNet's definitions in all-MiniLM-L6-v2; the queries are sentences from its examples. */
export async function loadWordnet(rows: number, queries: number): Promise<Raw> {
  const [vectors, questions, truth] = await Promise.all(
    ['vectors.f16.bin', 'queries.f16.bin', 'truth100.u32.bin'].map(async (file) =>
      readFile(join(folder, file)),
    ),
  )
  return {
    dimension: DIMENSION,
    rows: fromF16(vectors!, rows * DIMENSION),
    queries: fromF16(questions!, queries * DIMENSION),
    // Of fewer rows, others are nearest.
    truth: rows === ROWS ? firstOfEach(truth!, queries) : undefined,
  }
}

function firstOfEach(truth: Buffer, queries: number): Uint32Array {
  return Uint32Array.from({ length: queries * K }, (_, i) => {
    const place = Math.floor(i / K) * TRUTH_PER_QUERY + (i % K)
    return truth.readUInt32LE(4 * place)
  })
}

/** IEEE 754 binary16, little-endian; the files hold no infinities and no NaN. */
function fromF16(bytes: Buffer, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const bits = bytes.readUInt16LE(2 * i)
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 0x1f
    const fraction = (bits & 0x3ff) / 1024
    return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15))
  })
}
