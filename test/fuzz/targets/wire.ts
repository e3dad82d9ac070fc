/** Errors on their way from the worker to the page: whatever is thrown there arrives as a `QuiverError`. */
import { transferHandlers } from 'comlink'
import { QuiverError } from '../../../src/contract/errors.ts'
import { installErrorTransfer } from '../../../src/platform/wire.ts'
import type { Target } from '../target.ts'

/** What code may throw; some can be neither cloned nor turned into text. */
const THROWN: readonly (() => unknown)[] = [
  () => new QuiverError('CORRUPT', 'damaged'),
  () => new QuiverError('NOT_FOUND', 'not there', { cause: 7 }),
  () => new TypeError('x is not a function'),
  () => new DOMException('no room', 'QuotaExceededError'),
  () => 'a text',
  () => undefined,
  () => null,
  () => Symbol('a symbol'),
  () => Object.create(null) as unknown,
  () => () => 1,
  () => ({
    toString() {
      throw new Error('not even this')
    },
  }),
  () => {
    const error = new Error('its own cause')
    error.cause = error
    return error
  },
]

/** Each byte is one thing thrown, the cause of the one before. */
export const wireTarget: Target = {
  name: 'errors on the wire',
  samples: [Uint8Array.of(1), Uint8Array.of(1, 2, 3), Uint8Array.of(0, 2, 11, 5)].map((part) => [
    part,
  ]),
  read: ([bytes]) => {
    installErrorTransfer()
    const handler = transferHandlers.get('throw')!
    const [posted] = handler.serialize({ value: thrownBy(bytes!) })
    try {
      handler.deserialize(structuredClone(posted))
    } catch (error) {
      if (error instanceof QuiverError && typeof error.message === 'string') return
      throw error
    }
    throw new Error('Nothing was thrown.')
  },
}

function thrownBy(bytes: Uint8Array): unknown {
  return [...bytes].reverse().reduce<unknown>((cause, byte, i) => {
    const thrown = THROWN[byte % THROWN.length]!()
    if (i > 0 && thrown instanceof Error && thrown.cause === undefined) thrown.cause = cause
    return thrown
  }, undefined)
}
