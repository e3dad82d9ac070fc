import type { CallOptions } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { CallId } from '../storage/operations.ts'

/** Whose call it is, beside what every long call takes. */
export interface CallContext extends CallOptions {
  /** Names a call that may be sent again. */
  readonly call?: CallId | undefined
  /** The caller's own, which may live in another tab. */
  readonly embedder?: Embedder | undefined
}
