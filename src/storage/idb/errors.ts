/** What IndexedDB throws, as errors of Quiver. */
import { QuiverError } from '../../contract/errors.ts'

/** The name of a `DOMException`, or of any error. */
export function errorName(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : ''
}

/**
 * Whether the browser has dropped the connection and a new one may serve. `AbortError` is among them because Quiver
 * never aborts a transaction that went well so far: the browser did.
 */
export function isLostConnection(error: unknown): boolean {
  return ['InvalidStateError', 'UnknownError', 'AbortError'].includes(errorName(error))
}

/** Whether there was no room. */
export function isFull(error: unknown): boolean {
  return error instanceof QuiverError && error.code === 'QUOTA_EXCEEDED'
}

/** Whether the browser kept the key and lost the value. */
export function isLostValue(error: unknown): boolean {
  return ['NotReadableError', 'DataError'].includes(errorName(error))
}

export function toStorageError(cause: unknown, name: string): QuiverError {
  if (cause instanceof QuiverError) return cause
  const database = `The database "${name}"`
  const detail = cause instanceof Error ? cause.message : String(cause)
  const error = (code: QuiverError['code'], message: string) =>
    new QuiverError(code, message, { cause })
  switch (errorName(cause)) {
    case 'QuotaExceededError':
      return error(
        'QUOTA_EXCEEDED',
        `${database} could not be written: the browser grants no more room. Nothing of this call was stored. Delete what is not needed, or free space on the disk, and try again.`,
      )
    case 'VersionError':
      return error(
        'NEWER_FORMAT',
        `${database} was written by a newer Quiver; nothing of it was changed. Use that version or a later one.`,
      )
    case 'NotReadableError':
      return error('CORRUPT', `${database} has lost stored data: ${detail}`)
    case 'SecurityError':
      return error(
        'UNSUPPORTED',
        `The browser allows no IndexedDB here: ${detail}. Open with { storage: 'memory' }.`,
      )
    case 'InvalidStateError':
    case 'AbortError':
      return error('CLOSED', `${database} was closed by the browser: ${detail}. Open it again.`)
    default:
      return error('INTERNAL', `${database} failed where it should not: ${detail}`)
  }
}
