import { expect, it } from 'vitest'
import { openArchive } from '../../../src/storage/archive/storage.ts'
import { ArchiveWriter } from '../../../src/storage/archive/writer.ts'
import { decodeOperations, encodeOperations } from '../../../src/storage/codec/archive.ts'
import { loadChecksum } from '../../../src/storage/codec/checksum.ts'
import { keyOf } from '../../../src/storage/references.ts'
import { bytesOf, readAll, replayed } from '../../support/storage.ts'

const writer = async () => new ArchiveWriter(await loadChecksum())

/** Two chunks and two operations. */
async function sample(): Promise<Blob> {
  const archive = await writer()
  archive.addChunk([4, '1/ids', 0], bytesOf('first chunk'))
  archive.addOperation(bytesOf('first operation'))
  archive.addChunk([4, '1/ids', 1], bytesOf('second chunk, longer'))
  archive.addOperation(bytesOf(''))
  return archive.finish({ any: ['body'] })
}

const open = async (blob: Blob) => {
  let bytes = 0
  const storage = await openArchive(blob, (read) => (bytes += read))
  return { storage, bytesRead: () => bytes }
}

/** Reads all there is. */
async function exhaust(blob: Blob): Promise<void> {
  const { storage } = await open(blob)
  await readAll(storage, storage.manifest!.chunks)
  await replayed(storage, 0)
}

const damaged = expect.objectContaining({ code: 'CORRUPT' }) as Error

async function bytesIn(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer())
}

it('gives back what was added, and says how much was read', async () => {
  const blob = await sample()
  const { storage, bytesRead } = await open(blob)
  const { body, chunks } = storage.manifest!
  expect(body).toEqual({ any: ['body'] })
  expect(chunks.map(keyOf)).toEqual([
    [4, '1/ids', 0],
    [4, '1/ids', 1],
  ])
  const [second, first] = await readAll(storage, [...chunks].reverse())
  expect(first).toEqual(bytesOf('first chunk'))
  expect(second).toEqual(bytesOf('second chunk, longer'))
  expect(await replayed(storage, 0)).toEqual([
    [1, bytesOf('first operation')],
    [2, bytesOf('')],
  ])
  expect(await replayed(storage, 1)).toEqual([[2, bytesOf('')]])
  // The log twice.
  expect(bytesRead()).toBe(blob.size + storage.logBytes)
})

it('begins with the bytes that tell what it is', async () => {
  const bytes = await bytesIn((await writer()).finish(null))
  expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('QUIVERDB')
  const view = new DataView(bytes.buffer)
  expect(view.getUint32(16, true)).toBe(1)
  expect(new TextDecoder().decode(bytes.subarray(24))).toBe('{"chunks":[],"log":[],"body":null}')
  expect(view.getUint32(20, true)).toBe(bytes.length - 24)
  expect(view.getBigUint64(8, true)).toBe((await loadChecksum())(bytes.subarray(16)))
})

it('can only be read, until it is closed', async () => {
  const { storage } = await open(await sample())
  expect(storage.writable).toBe(false)
  await expect(storage.append(bytesOf('x'))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(() => storage.beginFold()).toThrow(/changed/)
  await storage.close()
  await expect(readAll(storage, storage.manifest!.chunks)).rejects.toMatchObject({ code: 'CLOSED' })
})

it('notices every flipped bit', async () => {
  const bytes = await bytesIn(await sample())
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    await expect(exhaust(new Blob([bytes])), `bit ${bit}`).rejects.toThrow(damaged)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
  }
})

it('notices a file that was cut off anywhere before anything of it is used', async () => {
  const blob = await sample()
  for (let size = 0; size < blob.size; size++) {
    await expect(open(blob.slice(0, size)), `${size} bytes`).rejects.toThrow(damaged)
  }
  await expect(open(new Blob([blob, 'more']))).rejects.toThrow(damaged)
})

it('refuses a newer version', async () => {
  const bytes = await bytesIn(await sample())
  const view = new DataView(bytes.buffer)
  view.setUint32(16, 2, true)
  const end = 24 + view.getUint32(20, true)
  view.setBigUint64(8, (await loadChecksum())(bytes.subarray(16, end)), true)
  await expect(open(new Blob([bytes]))).rejects.toMatchObject({ code: 'NEWER_FORMAT' })
})

it('refuses a chunk that is there twice, or not at all', async () => {
  const twice = await writer()
  const ref = twice.addChunk([1, 'x', 0], bytesOf('a'))
  twice.addChunk([1, 'x', 0], bytesOf('b'))
  await expect(open(twice.finish(null))).rejects.toThrow(damaged)
  const { storage } = await open(await sample())
  await expect(readAll(storage, [ref])).rejects.toThrow(damaged)
  expect(await storage.readChunk(ref)).toBeUndefined()
  expect(await storage.readChunk(storage.manifest!.chunks[0]!)).toEqual(bytesOf('first chunk'))
})

it('says that a file went away while it was read', async () => {
  const gone = { size: 100, slice: () => ({ arrayBuffer: () => Promise.reject(new Error()) }) }
  await expect(open(gone as unknown as Blob)).rejects.toThrow(/moved or changed/)
})

it('cuts the log between operations, and keeps a large one whole', async () => {
  const archive = await writer()
  const operations = [3, 5 * 2 ** 20, 0, 2 ** 20, 2 ** 20, 2 ** 20, 2 ** 20, 7].map((length, n) =>
    new Uint8Array(length).fill(n),
  )
  for (const operation of operations) archive.addOperation(operation)
  const { storage } = await open(archive.finish(null))
  const read = await replayed(storage, 0)
  expect(read.map(([seq, { length }]) => [seq, length])).toEqual(
    operations.map(({ length }, n) => [n + 1, length]),
  )
  expect(read.every(([seq, bytes]) => bytes.every((byte) => byte === seq - 1))).toBe(true)
})

it('does not believe the length of an operation', () => {
  const piece = encodeOperations([bytesOf('abc'), bytesOf('defgh')])
  expect([...decodeOperations(piece)]).toEqual([bytesOf('abc'), bytesOf('defgh')])
  new DataView(piece.buffer).setUint32(0, 0xffffffff, true)
  expect(() => [...decodeOperations(piece)]).toThrow(damaged)
})
