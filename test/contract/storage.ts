/** What every `Storage` does, whatever it keeps its bytes in. */
import { describe, expect, test } from 'vitest'
import { QuiverError } from '../../src/contract/errors.ts'
import type { ChunkRef, Storage, StorageEvent } from '../../src/storage/index.ts'
import { bytesOf, collect, readAll, replayed } from '../support/storage.ts'

export function storageContract(kind: Storage['kind'], open: (name: string) => Promise<Storage>) {
  let count = 0
  /** Every test has a database of its own. */
  const fresh = () => open(`contract ${kind} ${count++} naïve/“☃” ../x`)

  describe(`${kind} storage`, () => {
    test('says what it is and begins empty', async () => {
      const storage = await fresh()
      expect(storage.kind).toBe(kind)
      expect(storage.manifest).toBeUndefined()
      expect(storage.damage).toEqual([])
      expect(await replayed(storage, 0)).toEqual([])
      await storage.close()
    })

    test('replays what was appended, in order, after a sequence number', async () => {
      const storage = await fresh()
      const first = await storage.append(bytesOf('first'))
      const second = await storage.append(bytesOf('second'))
      const third = await storage.append(new Uint8Array(0))
      expect(first).toBeLessThan(second)
      expect(second).toBeLessThan(third)
      expect(await replayed(storage, 0)).toEqual([
        [first, bytesOf('first')],
        [second, bytesOf('second')],
        [third, new Uint8Array(0)],
      ])
      expect(await replayed(storage, second)).toEqual([[third, new Uint8Array(0)]])
      expect(await replayed(storage, third)).toEqual([])
      await storage.close()
    })

    test('keeps the order of calls that do not wait for each other', async () => {
      const storage = await fresh()
      const operations = Array.from({ length: 200 }, (_, i) => bytesOf(`operation ${i}`))
      const order: number[] = []
      const seqs = await Promise.all(
        operations.map(async (operation, i) => {
          const seq = await storage.append(operation)
          order.push(i)
          return seq
        }),
      )
      expect(order).toEqual(operations.map((_, i) => i))
      expect(await replayed(storage, 0)).toEqual(operations.map((bytes, i) => [seqs[i], bytes]))
      await storage.close()
    })

    test('keeps the bytes it was given when their buffer is used again', async () => {
      const storage = await fresh()
      const buffer = bytesOf('....before....')
      await storage.append(buffer.subarray(4, 10))
      const fold = storage.beginFold()
      const ref = await fold.write('c/x', 0, buffer.subarray(4, 10))
      buffer.fill(0)
      await fold.commit({ foldedSeq: 0, chunks: [ref], body: null })
      expect((await replayed(storage, 0)).map(([, bytes]) => bytes)).toEqual([bytesOf('before')])
      expect(await readAll(storage, [ref])).toEqual([bytesOf('before')])
      await storage.close()
    })

    test('takes an operation of more than ten megabytes among small ones', async () => {
      const storage = await fresh()
      const large = randomBytes(11_000_001)
      const before = storage.logBytes
      const seqs = await Promise.all([
        storage.append(bytesOf('before')),
        storage.append(large),
        storage.append(bytesOf('after')),
      ])
      expect(storage.logBytes - before).toBeGreaterThanOrEqual(large.byteLength + 11)
      const operations = await replayed(storage, 0)
      expect(operations.map(([seq]) => seq)).toEqual(seqs)
      expect(sameBytes(operations[1]?.[1], large)).toBe(true)
      expect(operations[2]?.[1]).toEqual(bytesOf('after'))
      await storage.close()
    })

    test('makes a fold the manifest and forgets what was folded', async () => {
      const storage = await fresh()
      const folded = await storage.append(bytesOf('folded'))
      const kept = await storage.append(bytesOf('kept'))
      const before = storage.logBytes

      const fold = storage.beginFold()
      const refs = [
        await fold.write('1/vectors', 0, bytesOf('vectors 0')),
        await fold.write('1/vectors', 1, bytesOf('vectors 1')),
        await fold.write('1/ids “☃”', 0, new Uint8Array(0)),
      ]
      expect(storage.manifest).toBeUndefined()
      const content = { foldedSeq: folded, chunks: refs, body: { rows: 2, names: ['a'] } }
      const manifest = await fold.commit(content)

      expect(storage.manifest).toEqual(manifest)
      expect(manifest).toMatchObject(content)
      expect(refs[0]).toMatchObject({ path: '1/vectors', n: 0, bytes: 9 })
      expect(refs[0]?.hash).toMatch(/^[0-9a-f]{16}$/)
      expect(storage.logBytes).toBeLessThan(before)
      expect(await replayed(storage, folded)).toEqual([[kept, bytesOf('kept')]])
      expect(await readAll(storage, refs.toReversed())).toEqual([
        new Uint8Array(0),
        bytesOf('vectors 1'),
        bytesOf('vectors 0'),
      ])
      await storage.close()
    })

    test('carries chunks from one generation to the next and drops those given up', async () => {
      const storage = await fresh()
      const first = storage.beginFold()
      const steady = await first.write('steady', 0, bytesOf('steady'))
      let changing = await first.write('changing', 0, bytesOf('changing 0'))
      const given = changing
      await first.commit({ foldedSeq: 0, chunks: [steady, changing], body: null })
      let generation = storage.manifest?.generation ?? 0
      for (let i = 1; i <= 3; i++) {
        const fold = storage.beginFold()
        changing = await fold.write('changing', 0, bytesOf(`changing ${i}`))
        await fold.commit({ foldedSeq: 0, chunks: [steady, changing], body: { i } })
        expect(storage.manifest?.generation).toBeGreaterThan(generation)
        generation = storage.manifest?.generation ?? 0
      }
      expect(await readAll(storage, [steady, changing])).toEqual([
        bytesOf('steady'),
        bytesOf('changing 3'),
      ])
      await expect(readAll(storage, [given])).rejects.toMatchObject({ code: 'CORRUPT' })
      await storage.close()
    })

    test('reads many chunks in the order asked for', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const refs: ChunkRef[] = []
      for (let n = 0; n < 300; n++) refs.push(await fold.write('docs', n, bytesOf(`chunk ${n}`)))
      await fold.commit({ foldedSeq: 0, chunks: refs, body: null })
      const wanted = refs.filter((_, n) => n % 3 === 0).reverse()
      expect(await readAll(storage, wanted)).toEqual(wanted.map(({ n }) => bytesOf(`chunk ${n}`)))
      await storage.close()
    })

    test('lets a reader stop early', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const refs: ChunkRef[] = []
      for (let n = 0; n < 20; n++) refs.push(await fold.write('docs', n, bytesOf(`chunk ${n}`)))
      await fold.commit({ foldedSeq: 0, chunks: refs, body: null })
      for await (const chunk of storage.readChunks(refs)) {
        expect(chunk).toEqual(bytesOf('chunk 0'))
        break
      }
      await storage.close()
    })

    test('appends while a fold is under way', async () => {
      const storage = await fresh()
      const folded = await storage.append(bytesOf('folded'))
      const fold = storage.beginFold()
      const ref = await fold.write('x', 0, bytesOf('x'))
      const [, during] = await Promise.all([
        fold.commit({ foldedSeq: folded, chunks: [ref], body: null }),
        storage.append(bytesOf('during')),
      ])
      const after = await storage.append(bytesOf('after'))
      expect(await replayed(storage, folded)).toEqual([
        [during, bytesOf('during')],
        [after, bytesOf('after')],
      ])
      await storage.close()
    })

    test('drops an abandoned fold and begins another', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const lost = await fold.write('x', 0, bytesOf('x'))
      expect(() => storage.beginFold()).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
      await fold.abandon()
      await fold.abandon()
      await expect(fold.write('x', 1, bytesOf('y'))).rejects.toMatchObject({ code: 'INTERNAL' })
      await expect(readAll(storage, [lost])).rejects.toMatchObject({ code: 'CORRUPT' })
      expect(storage.manifest).toBeUndefined()
      const next = storage.beginFold()
      const ref = await next.write('x', 0, bytesOf('z'))
      await next.commit({ foldedSeq: 0, chunks: [ref], body: null })
      expect(await readAll(storage, [ref])).toEqual([bytesOf('z')])
      await storage.close()
    })

    test('refuses a manifest that would lose something, and the fold can still be abandoned', async () => {
      const storage = await fresh()
      const seq = await storage.append(bytesOf('a'))
      const first = storage.beginFold()
      const ref = await first.write('x', 0, bytesOf('x'))
      await first.commit({ foldedSeq: seq, chunks: [ref], body: null })
      const stray = { ...ref, n: 7 }
      for (const content of [
        { foldedSeq: seq, chunks: [stray], body: null },
        { foldedSeq: seq - 1, chunks: [], body: null },
        { foldedSeq: seq + 1_000, chunks: [], body: null },
        { foldedSeq: 0.5, chunks: [], body: null },
      ]) {
        const fold = storage.beginFold()
        await expect(fold.commit(content)).rejects.toMatchObject({ code: 'INTERNAL' })
        await fold.abandon()
      }
      expect(storage.manifest?.chunks).toEqual([ref])
      expect(await readAll(storage, [ref])).toEqual([bytesOf('x')])
      await storage.close()
    })

    test('answers CORRUPT for a chunk that is not what its reference says', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const ref = await fold.write('x', 0, bytesOf('x'))
      await fold.commit({ foldedSeq: 0, chunks: [ref], body: null })
      for (const wrong of [
        { ...ref, hash: '0000000000000000' },
        { ...ref, bytes: 2 },
        { ...ref, n: 1 },
        { ...ref, path: 'y' },
        { ...ref, generation: ref.generation + 1 },
      ]) {
        await expect(readAll(storage, [ref, wrong])).rejects.toMatchObject({ code: 'CORRUPT' })
      }
      await storage.close()
    })

    test('answers one chunk, or nothing where it is not what its reference says', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const ref = await fold.write('x', 0, bytesOf('x'))
      await fold.commit({ foldedSeq: 0, chunks: [ref], body: null })
      expect(await storage.readChunk(ref)).toEqual(bytesOf('x'))
      expect(await storage.readChunk({ ...ref, n: 1 })).toBeUndefined()
      expect(await storage.readChunk({ ...ref, hash: '0000000000000000' })).toBeUndefined()
      await storage.close()
    })

    test('keeps what is pinned until it is released', async () => {
      const storage = await fresh()
      const folded = await storage.append(bytesOf('folded'))
      const first = storage.beginFold()
      const ref = await first.write('x', 0, bytesOf('pinned'))
      await first.commit({ foldedSeq: folded, chunks: [ref], body: 'pinned' })
      const kept = await storage.append(bytesOf('kept'))
      const foldAll = async (): Promise<void> => {
        for (let i = 0; i < 3; i++) {
          const last = await storage.append(bytesOf(`${i}`))
          const fold = storage.beginFold()
          const next = await fold.write('x', 0, bytesOf(`${i}`))
          await fold.commit({ foldedSeq: last, chunks: [next], body: null })
        }
      }

      const pin = storage.pin()
      expect(pin.manifest).toMatchObject({ body: 'pinned' })
      expect(pin.lastSeq).toBeGreaterThanOrEqual(kept)
      await foldAll()
      expect(await readAll(storage, [ref])).toEqual([bytesOf('pinned')])
      expect((await replayed(storage, folded))[0]).toEqual([kept, bytesOf('kept')])

      pin.release()
      pin.release()
      await foldAll()
      expect(await storage.readChunk(ref)).toBeUndefined()
      expect(storage.damage).toEqual([])
      await storage.close()
    })

    test('keeps the log that is pinned before anything was folded', async () => {
      const storage = await fresh()
      const seq = await storage.append(bytesOf('first'))
      const pin = storage.pin()
      expect(pin.manifest).toBeUndefined()
      for (let i = 0; i < 3; i++) {
        const last = await storage.append(bytesOf(`${i}`))
        await storage.beginFold().commit({ foldedSeq: last, chunks: [], body: null })
      }
      expect((await replayed(storage, 0))[0]).toEqual([seq, bytesOf('first')])
      expect(storage.damage).toEqual([])
      pin.release()
      await storage.close()
    })

    test('reads all of it back when asked to verify', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const refs: ChunkRef[] = []
      for (let n = 0; n < 20; n++) refs.push(await fold.write('x', n, new Uint8Array(1_000)))
      await fold.commit({ foldedSeq: 0, chunks: refs, body: null })
      await storage.append(new Uint8Array(500))
      const progress: [number, number][] = []
      const found = await storage.verify({
        onProgress: (...each) => progress.push(each),
      })
      expect(found).toMatchObject({ damagedChunks: [], damagedRecords: [] })
      expect(found.chunks).toBeGreaterThanOrEqual(21)
      expect(found.bytes).toBeGreaterThanOrEqual(20_500)
      expect(found.bytes).toBeLessThan(21_000)
      const [done, total] = progress.at(-1) ?? []
      expect(done).toBe(total)
      expect(progress.every(([done], i) => done >= (progress[i - 1]?.[0] ?? 0))).toBe(true)
      const signal = AbortSignal.abort()
      await expect(storage.verify({ signal })).rejects.toMatchObject({ code: 'ABORTED' })
      await storage.close()
    })

    test('can be written, is the only writer, and tells when it fails', async () => {
      const storage = await fresh()
      expect(storage.writable).toBe(true)
      await storage.confirm()
      const heard: StorageEvent[] = []
      const leave = storage.subscribe((event) => heard.push(event))
      storage.subscribe((event) => heard.push(event))
      leave()
      const reason = new QuiverError('CLOSED', 'for a reason')
      storage.fail(reason)
      storage.fail(new QuiverError('CLOSED', 'another one'))
      expect(heard).toEqual([{ type: 'failed' }])
      expect(storage.failure).toBe(reason)
      await expect(storage.append(bytesOf('a'))).rejects.toBe(reason)
      await expect(storage.confirm()).rejects.toBe(reason)
      await storage.close()
    })

    test('counts the bytes it keeps', async () => {
      const storage = await fresh()
      const empty = await storage.usage()
      await storage.append(new Uint8Array(10_000))
      const logged = await storage.usage()
      expect(logged - empty).toBeGreaterThanOrEqual(10_000)
      const fold = storage.beginFold()
      const ref = await fold.write('x', 0, new Uint8Array(50_000))
      await fold.commit({ foldedSeq: 0, chunks: [ref], body: null })
      expect((await storage.usage()) - logged).toBeGreaterThanOrEqual(50_000)
      expect((await storage.usage()) - logged).toBeLessThan(51_000)
      await storage.close()
    })

    test('answers CLOSED once closed, and closing twice is no error', async () => {
      const storage = await fresh()
      const fold = storage.beginFold()
      const appended = storage.append(bytesOf('a'))
      await Promise.all([appended, storage.close()])
      await storage.close()
      const closed = { code: 'CLOSED' }
      await expect(storage.append(bytesOf('b'))).rejects.toMatchObject(closed)
      await expect(collect(storage.replay(0))).rejects.toMatchObject(closed)
      await expect(readAll(storage, [])).rejects.toMatchObject(closed)
      await expect(storage.usage()).rejects.toMatchObject(closed)
      await expect(fold.write('x', 0, bytesOf('x'))).rejects.toMatchObject(closed)
      expect(() => storage.beginFold()).toThrow(expect.objectContaining(closed))
    })
  })
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536))
  return bytes
}

/** Far faster than `toEqual` on megabytes. */
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && b.every((byte, i) => a[i] === byte)
}
