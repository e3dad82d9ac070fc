/** Every way a Quiver call can fail, as a name a program can test. */
export type QuiverErrorCode =
  | 'INVALID_ID'
  | 'INVALID_RECORD'
  | 'INVALID_VECTOR'
  | 'INVALID_FILTER'
  | 'INVALID_K'
  | 'INVALID_OPTION'
  | 'DUPLICATE_ID'
  | 'DIMENSION_MISMATCH'
  | 'EMBEDDER_MISMATCH'
  | 'OPTIONS_MISMATCH'
  | 'NO_EMBEDDER'
  | 'EMBEDDING_FAILED'
  | 'NOT_FOUND'
  | 'ABORTED'
  | 'CLOSED'
  | 'QUOTA_EXCEEDED'
  | 'CORRUPT'
  | 'NEWER_FORMAT'
  | 'WRONG_KEY'
  | 'NOT_LEADER'
  | 'OUT_OF_MEMORY'
  | 'GPU_UNAVAILABLE'
  | 'UNSUPPORTED'
  | 'INTERNAL'

/**
 * The one error class of Quiver. Test `error.code`; show `error.message`, which says what went wrong and what to do.
 * It keeps both when it crosses from the worker to the page.
 */
export class QuiverError extends Error {
  override readonly name = 'QuiverError'
  readonly code: QuiverErrorCode

  constructor(code: QuiverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The error as it is: a `QuiverError` stays itself, anything else becomes `INTERNAL` with the original as its cause. */
export function toQuiverError(error: unknown): QuiverError {
  if (error instanceof QuiverError) return error
  const message = error instanceof Error ? error.message : textOf(error)
  return new QuiverError('INTERNAL', `Quiver failed where it should not: ${message}`, {
    cause: error,
  })
}

/** Anything may be thrown, also what has no text, such as an object without a prototype. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `a ${typeof thrown} without a text`
  }
}

/** Throws `ABORTED` when `signal` has been aborted; call it between the steps of long work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new QuiverError('ABORTED', 'The call was aborted by its signal.', {
      cause: signal.reason,
    })
  }
}
