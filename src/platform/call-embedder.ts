import type { Embedder, EmbedOptions } from '../contract/embedder.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'

/**
 * Calls an embedder, which may be anybody's code: whatever it throws comes out as a `QuiverError`. Called on the thread
 * where the embedder lives, so that its own error is the cause.
 * @throws QuiverError `EMBEDDING_FAILED`, `ABORTED`
 */
export async function callEmbedder(
  embedder: Embedder,
  texts: readonly string[],
  options: EmbedOptions,
): Promise<Float32Array> {
  try {
    return await settledOrAborted(embedder.embed(texts, options), options.signal)
  } catch (error) {
    if (error instanceof QuiverError) throw error
    throwIfAborted(options.signal)
    const reason = error instanceof Error ? error.message : String(error)
    throw new QuiverError('EMBEDDING_FAILED', `${embedder.id} failed: ${reason}`, { cause: error })
  }
}

/** Not every embedder looks at the signal; the call ends all the same, and the answer that comes late is dropped. */
async function settledOrAborted<T>(
  answer: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return answer
  let onAbort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(new QuiverError('ABORTED', 'The call was aborted by its signal.'))
    }
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([answer, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
