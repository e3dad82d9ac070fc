/** Files whose checksums are right, and which nobody exported. */
import { expect, it } from 'vitest'
import { savedIn } from '../../../src/collection/base.ts'
import { LocalDatabase } from '../../../src/collection/database.ts'
import type { SavedDatabase } from '../../../src/collection/folding.ts'
import { importInto, readFile } from '../../../src/collection/transfer/import.ts'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { loadChecksum } from '../../../src/storage/codec/checksum.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { putTogether, takeApart } from '../../support/archives.ts'

const engine = await loadWasmEngine()
const checksum = await loadChecksum()
const origin = await LocalDatabase.open('a', engine, await openMemoryStorage('a', 'dropped'))
await (await origin.collection('c', { dimension: 2 })).upsert(['x'], Float32Array.of(1, 2))
const exported = new Uint8Array(await (await origin.export()).arrayBuffer())

/** What was exported, saying something else of itself. */
function crafted(change: (body: SavedDatabase) => SavedDatabase): Blob {
  const [json, ...pieces] = takeApart(exported)
  const head = JSON.parse(new TextDecoder().decode(json)) as { body: SavedDatabase }
  const changed = JSON.stringify({ ...head, body: change(head.body) })
  return putTogether(new TextEncoder().encode(changed), pieces, checksum)
}

const numbered = (number: number): Blob =>
  crafted(({ collections: [c] }) => ({
    collections: [{ ...c!, number }],
    nextNumber: number + 1,
  }))

it.each([2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40])(
  'with a collection numbered %i are refused: what is written to the next could not be told from another',
  async (number) => {
    await expect(readFile(engine, numbered(number), {})).rejects.toMatchObject({ code: 'CORRUPT' })
  },
)

it('leave no gap between the numbers of collections', async () => {
  const storage = await openMemoryStorage('b')
  for (const number of [2 ** 31 - 2, 2 ** 30]) {
    await importInto(storage, await readFile(engine, numbered(number), {}), {})
  }
  expect(savedIn(storage.manifest)).toMatchObject({ collections: [{ number: 1 }], nextNumber: 2 })
  const db = await LocalDatabase.open('b', engine, storage)
  expect(await (await db.collection('c')).get('x')).toEqual({
    id: 'x',
    vector: Float32Array.of(1, 2),
  })
})

it('that name a chunk more than once are refused before it is read', async () => {
  const shared = crafted(({ collections: [c] }) => ({
    collections: [c!, { ...c!, number: 1, config: { ...c!.config, name: 'd' } }],
    nextNumber: 2,
  }))
  await expect(readFile(engine, shared, {})).rejects.toMatchObject({ code: 'CORRUPT' })
  const repeated = crafted(({ collections: [c], nextNumber }) => ({
    collections: [{ ...c!, ids: Array.from({ length: 10_000 }, () => c!.ids[0]!) }],
    nextNumber,
  }))
  await expect(readFile(engine, repeated, {})).rejects.toThrow(/twice/)
})
