import { afterEach, expect, it, vi } from 'vitest'
import { unshared } from '../../src/platform/shared.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

function sharedVector(): Float32Array<SharedArrayBuffer> {
  const vector = new Float32Array(new SharedArrayBuffer(8))
  vector.set([1, 2])
  return vector
}

it('copies vectors of shared memory, wherever they are, and nothing else', () => {
  vi.stubGlobal('crossOriginIsolated', true)
  const [shared, own, at] = [sharedVector(), new Float32Array(2), new Date(0)]
  const message = { args: [[{ vector: shared, at }, own], shared], none: undefined }
  const posted = unshared(message)
  expect(posted).toEqual(message)
  expect((posted.args[1] as Float32Array).buffer).toBeInstanceOf(ArrayBuffer)
  const [record, same] = posted.args[0] as [{ vector: Float32Array; at: Date }, Float32Array]
  expect(record.vector.buffer).toBeInstanceOf(ArrayBuffer)
  expect(record.at).toBe(at)
  expect(same).toBe(own)
  expect(message.args[1]).toBe(shared)
})

it('leaves alone what holds none, and what holds itself', () => {
  vi.stubGlobal('crossOriginIsolated', true)
  const record: Record<string, unknown> = { id: 'a', vector: [1, 2] }
  record['self'] = [record, record]
  expect(unshared(record)).toBe(record)
})

it('looks at nothing where there can be no shared memory', () => {
  const message = { vector: sharedVector() }
  expect(unshared(message)).toBe(message)
})
