/** One writer: a Web Lock held while a database is open. */
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { errorName, toStorageError } from './errors.ts'
import { databaseName } from './schema.ts'

/** A page that is being reloaded still holds its lock for a moment. */
const PATIENCE_MS = 5_000

/**
 * Resolves with what gives the lock back. Where there are no Web Locks every caller gets it, and the log alone keeps
 * writers apart.
 * @param onLost called when another context took the lock away
 * @param how `steal`: takes it away from a context that does not answer
 * @throws QuiverError `NOT_LEADER` when another tab keeps it, `ABORTED`, `UNSUPPORTED` where the page may store nothing
 */
export async function acquireLock(
  name: string,
  onLost: () => void,
  signal: AbortSignal | undefined,
  how: 'wait' | 'steal' = 'wait',
): Promise<() => void> {
  throwIfAborted(signal)
  // Not there in Node, nor on pages that are not served securely.
  const { navigator } = globalThis as { navigator?: Partial<Pick<Navigator, 'locks'>> }
  const locks = navigator?.locks
  if (!locks) return () => undefined

  const giveUp = new AbortController()
  const onAbort = () => {
    giveUp.abort()
  }
  const timer = setTimeout(onAbort, PATIENCE_MS)
  signal?.addEventListener('abort', onAbort)
  try {
    const options = how === 'steal' ? { steal: true } : { signal: giveUp.signal }
    return await hold(locks, name, onLost, options)
  } catch (error) {
    throwIfAborted(signal)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function hold(
  locks: LockManager,
  name: string,
  onLost: () => void,
  options: LockOptions,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const keep = () =>
      new Promise<void>((release) => {
        resolve(release)
      })
    // A failure before it was granted means that it is not to be had, and afterwards that it was stolen.
    locks.request(databaseName(name), options, keep).catch((error: unknown) => {
      reject(toRefusal(error, name))
      onLost()
    })
  })
}

function toRefusal(cause: unknown, name: string): QuiverError {
  if (errorName(cause) !== 'AbortError') return toStorageError(cause, name)
  return new QuiverError(
    'NOT_LEADER',
    `Another tab has the database "${name}" open, and one at a time can. Close it there, then open it here again.`,
    { cause },
  )
}
