import { QuiverError, type QuiverErrorCode } from '../../contract/errors.ts'
import { Failure, FailureCode } from '../../../rust-wasm/pkg/simd128/core.js'
import { Failure as FailureWithThreads } from '../../../rust-wasm/pkg/threads/core.js'

const CODES: Record<FailureCode, QuiverErrorCode> = {
  [FailureCode.OutOfMemory]: 'OUT_OF_MEMORY',
  [FailureCode.InvalidOption]: 'INVALID_OPTION',
  [FailureCode.NotFound]: 'NOT_FOUND',
  [FailureCode.Corrupt]: 'CORRUPT',
  [FailureCode.NewerFormat]: 'NEWER_FORMAT',
}

const ADVICE: Record<FailureCode, string> = {
  [FailureCode.OutOfMemory]:
    'Close other collections, or store fewer or shorter vectors; nothing was changed.',
  [FailureCode.InvalidOption]: 'Check the options of the call.',
  [FailureCode.NotFound]: 'Hand in what the index was loaded without, then ask again.',
  [FailureCode.Corrupt]: 'The saved index cannot be used; build it again from the vectors.',
  [FailureCode.NewerFormat]: 'Update Quiver to read it.',
}

/** What `call` answers; what the core throws becomes a `QuiverError`. */
export function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof Failure || error instanceof FailureWithThreads)) throw error
    const { code, message } = error
    error.free()
    throw new QuiverError(CODES[code], `The engine refused: ${message}. ${ADVICE[code]}`)
  }
}
