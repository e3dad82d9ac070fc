/** What a text is to be embedded as: some models treat a question and a passage differently. */
export type EmbedRole = 'query' | 'document'

export interface EmbedOptions {
  readonly role: EmbedRole
  readonly signal?: AbortSignal | undefined
}

/** How the worker makes an embedder of its own, so that the page does none of its work. */
export interface EmbedderRecipe {
  readonly type: 'static'
  readonly modelUrl: string | undefined
}

/** Turns texts into vectors. The one interface behind the shipped static model, transformers.js and hosted services. */
export interface Embedder {
  /** Names the model and everything that changes its vectors (revision, pooling, output dimension), e.g. `static:en-256-v1`. */
  readonly id: string
  /** Length of its vectors; `undefined` where it is known only after the first call. */
  readonly dimension: number | undefined
  /** Tokens of a text it takes into account; `undefined` where there is no limit. */
  readonly maxTokens: number | undefined
  /** Set where the worker can make the same embedder itself; one without runs where it was made. */
  readonly recipe?: EmbedderRecipe | undefined
  /**
   * One matrix of `texts.length` × dimension, row-major, in the order of `texts`.
   * A text without meaning to the model (no known token) gets a row of zeros.
   * @throws QuiverError `EMBEDDING_FAILED` or `ABORTED`
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array>
}
