import type { Progress } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'
import type { QuiverErrorCode } from '../../contract/errors.ts'
import type { ModelSettings } from './options.ts'

/** What is known of a model once it is loaded. */
export interface ModelFacts {
  readonly dimension: number
  /** Tokens of a text it takes into account, special ones included; `undefined` where there is no limit. */
  readonly maxTokens: number | undefined
}

/** A loaded model, in this thread or in a worker. */
export interface Model extends ModelFacts {
  /**
   * `texts.length` × dimension, row-major, rows of length 1; zeros for a text without a token the model knows.
   * @throws QuiverError `EMBEDDING_FAILED` or `ABORTED`
   */
  embed(texts: readonly string[], prefix: string, signal?: AbortSignal): Promise<Float32Array>
  /** Gives its memory back. Calls under way fail with `EMBEDDING_FAILED`. */
  close(): void
}

/** What the worker answers to. A signal cannot be posted: a call has a number, by which it is cancelled. */
export interface ModelHost {
  load(
    settings: ModelSettings,
    onProgress: ((progress: Progress) => void) | undefined,
  ): Promise<Answer<ModelFacts>>
  embed(call: number, texts: readonly string[], prefix: string): Promise<Answer<Float32Array>>
  cancel(call: number): void
}

/** Comlink brings an error's message across, not its code: here failures travel as values. */
export type Answer<T> = { readonly value: T } | { readonly failure: Failure }

interface Failure {
  readonly code: QuiverErrorCode
  readonly message: string
  readonly cause: string
}

/** Runs in the worker. */
export async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    const { code, message, cause } = embeddingFailed(error)
    return { failure: { code, message, cause: String(cause) } }
  }
}

/**
 * Runs on the page.
 * @throws QuiverError as it was thrown in the worker
 */
export function unwrap<T>(received: Answer<T>): T {
  if ('value' in received) return received.value
  const { code, message, cause } = received.failure
  throw new QuiverError(code, message, { cause: new Error(cause) })
}

/** The error as it is where it is Quiver's own, else `EMBEDDING_FAILED` with the original as its cause. */
export function embeddingFailed(error: unknown): QuiverError {
  if (error instanceof QuiverError) return error
  // Emscripten throws bare numbers.
  const reason = error instanceof Error ? error.message : String(error)
  return new QuiverError(
    'EMBEDDING_FAILED',
    `transformers.js failed to embed: ${reason}. The next call starts it anew; if it fails again, try shorter texts ` +
      "or device: 'wasm'.",
    { cause: error },
  )
}
