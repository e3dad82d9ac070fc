/** The file of the static embedding model. */
import { crc32 } from 'node:zlib'
import { StaticEmbedding } from '../../../src/embed/static/embedding.ts'
import { decodeStaticModel } from '../../../src/embed/static/format.ts'
import { Slices } from '../../../src/platform/task.ts'
import type { Target } from '../target.ts'

const HEADER_BYTES = 32
const TOKENS = ['[UNK]', 'cat', '##s', 'é', 'the']
const DIMENSION = 4
const GROUP = 2

export const staticModelTarget: Target = {
  name: 'static model',
  samples: [[writeModel()]],
  seal,
  read: async ([bytes]) => {
    const model = decodeStaticModel(bytes!)
    const vectors = await new StaticEmbedding(model).embed(['the cats é'], new Slices(undefined))
    if (vectors.length !== model.dimension) throw new Error('A vector of another dimension.')
    if (vectors.some((value) => !Number.isFinite(value))) throw new Error('A vector is not finite.')
  },
}

function writeModel(): Uint8Array {
  const [name, vocabulary] = ['tiny-v1', TOKENS.join('\n')].map((text) => Buffer.from(text))
  const counts = [1, DIMENSION, GROUP, TOKENS.length, name!.length, vocabulary!.length]
  const scales = Uint16Array.from({ length: (TOKENS.length * DIMENSION) / GROUP }, () => 0x3c00)
  const codes = Uint8Array.from({ length: (TOKENS.length * DIMENSION) / 2 }, (_, i) => 37 * i)
  const bytes = Buffer.concat([
    Buffer.from('QVSTATIC'),
    new Uint8Array(Uint32Array.from(counts).buffer),
    name!,
    vocabulary!,
    new Uint8Array(scales.buffer),
    codes,
    new Uint8Array(4),
  ])
  const copy = Uint8Array.from(bytes)
  seal(copy)
  return copy
}

function seal(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) return
  const end = bytes.length - 4
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint32(end, crc32(bytes.subarray(0, end)), true)
}
