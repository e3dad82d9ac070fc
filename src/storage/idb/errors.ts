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

/**
 * Whether the disk or the browser's share of it is full although the browser says nothing of it: then what it calls unknown
 * is most likely that.
 */
export async function isOutOfRoom(error: unknown): Promise<boolean> {
  if (errorName(error) !== 'UnknownError') return false
  // Not there on pages that are not served securely, whatever the types say.
  const storage = navigator.storage as StorageManager | undefined
  const estimate = await storage?.estimate().catch(() => undefined)
  const { usage = 0, quota = Infinity } = estimate ?? {}
  return usage > 0.97 * quota
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
      return full(name, cause)
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
      if (/no space|disk (is )?full|quota/i.test(detail)) return full(name, cause)
      return error('INTERNAL', `${database} failed where it should not: ${detail}`)
  }
}

export function full(name: string, cause: unknown): QuiverError {
  return new QuiverError(
    'QUOTA_EXCEEDED',
    `The database "${name}" could not be written: the browser grants no more room. Nothing of this call was stored. Delete what is not needed, or free space on the disk, and try again.`,
    { cause },
  )
}
