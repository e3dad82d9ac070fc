import { QuiverError, type QuiverErrorCode } from '../../contract/errors.ts'
import { Failure, FailureCode } from '../../../rust-wasm/pkg/words/words.js'

const CODES: Record<FailureCode, QuiverErrorCode> = {
  [FailureCode.OutOfMemory]: 'OUT_OF_MEMORY',
  [FailureCode.InvalidOption]: 'INVALID_OPTION',
  [FailureCode.NotFound]: 'NOT_FOUND',
  [FailureCode.Corrupt]: 'CORRUPT',
  [FailureCode.NewerFormat]: 'NEWER_FORMAT',
}

const ADVICE: Record<FailureCode, string> = {
  [FailureCode.OutOfMemory]:
    'Close other collections, or index fewer or shorter texts; nothing was changed.',
  [FailureCode.InvalidOption]: 'Check the options of the call.',
  [FailureCode.NotFound]: 'Load what is missing, then ask again.',
  [FailureCode.Corrupt]: 'The saved words cannot be used; index them again from the records.',
  [FailureCode.NewerFormat]: 'Update Quiver to read it.',
}

/** What `call` answers; what the module throws becomes a `QuiverError`. */
export function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { code, message } = error
    error.free()
    throw new QuiverError(CODES[code], `The index of words refused: ${message}. ${ADVICE[code]}`)
  }
}
