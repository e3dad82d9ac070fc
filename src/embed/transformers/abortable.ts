import { QuiverError } from '../../contract/errors.ts'

/**
 * The promise's outcome, or `ABORTED` at once when the signal is aborted first; the work behind it goes on.
 * @throws QuiverError `ABORTED`
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(
        new QuiverError('ABORTED', 'The call was aborted by its signal.', { cause: signal.reason }),
      )
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}
