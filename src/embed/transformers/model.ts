import type * as Transformers from '@huggingface/transformers'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { nextTask, Slices } from '../../platform/task.ts'
import { batchesByLength } from './batches.ts'
import type { Pooling } from './families.ts'
import { pool } from './pooling.ts'
import { embeddingFailed } from './protocol.ts'
import type { Model } from './protocol.ts'
import { TextTokens } from './tokens.ts'
import type { Tokenizer } from './tokens.ts'

/** transformers.js, however it was imported. */
export type Library = typeof Transformers

/** A model of transformers.js and its tokenizer: token ids in, one vector of every token out. */
export interface LoadedModel {
  readonly tokenizer: Tokenizer & { readonly pad_token_id?: number }
  readonly network: {
    (inputs: Record<string, Transformers.Tensor>): Promise<Record<string, Transformers.Tensor>>
    dispose(): Promise<unknown>
  }
}

export interface TextModelOptions {
  readonly pooling: Pooling
  readonly maxTokens: number | undefined
  /**
   * Tokens run at once, padding included. An abort, and a query that came while many documents are embedded, wait for
   * the end of a batch.
   */
  readonly batchTokens: number
}

/** A model in this thread. */
export class TextModel implements Model {
  readonly dimension: number
  readonly maxTokens: number | undefined
  readonly #library: Library
  readonly #loaded: LoadedModel
  readonly #options: TextModelOptions
  readonly #tokens: TextTokens

  private constructor(
    library: Library,
    loaded: LoadedModel,
    options: TextModelOptions,
    tokens: TextTokens,
    dimension: number,
  ) {
    this.#library = library
    this.#loaded = loaded
    this.#options = options
    this.#tokens = tokens
    this.maxTokens = options.maxTokens
    this.dimension = dimension
  }

  /** Runs the model once: no config says reliably how long its vectors are, and a broken one is noticed here. */
  static async create(
    library: Library,
    loaded: LoadedModel,
    options: TextModelOptions,
  ): Promise<TextModel> {
    const tokens = new TextTokens(loaded.tokenizer, options.maxTokens)
    const { dimension } = await run(library, loaded, [tokens.encode('a', '')])
    return new TextModel(library, loaded, options, tokens, dimension)
  }

  /** Calls at the same time take turns by the batch, so a query need not wait for the end of an import. */
  async embed(
    texts: readonly string[],
    prefix: string,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    throwIfAborted(signal)
    try {
      const tokens = await this.#encode(texts, prefix, signal)
      const matrix = new Float32Array(texts.length * this.dimension)
      const lengths = tokens.map((ids) => ids.length)
      for (const batch of batchesByLength(lengths, this.#options.batchTokens)) {
        // In a worker, the message that aborts comes in a task of its own.
        await nextTask()
        throwIfAborted(signal)
        const rows = batch.map((row) => tokens[row]!)
        const { hidden, width, dimension } = await run(this.#library, this.#loaded, rows)
        batch.forEach((row, i) => {
          const ofText = hidden.subarray(i * width * dimension, (i + 1) * width * dimension)
          const vector = matrix.subarray(row * dimension, (row + 1) * dimension)
          pool(ofText, lengths[row]!, this.#options.pooling, vector)
        })
      }
      return matrix
    } catch (error) {
      throw embeddingFailed(error)
    }
  }

  async #encode(
    texts: readonly string[],
    prefix: string,
    signal: AbortSignal | undefined,
  ): Promise<(readonly number[])[]> {
    const slices = new Slices(signal)
    const tokens: (readonly number[])[] = []
    for (const text of texts) {
      await slices.pause()
      tokens.push(this.#tokens.encode(text, prefix))
    }
    return tokens
  }

  close(): void {
    void this.#loaded.network.dispose()
  }
}

/** Vectors of all tokens: rows × width × dimension, where width is the longest row's length. */
async function run(
  { Tensor }: Library,
  { network, tokenizer }: LoadedModel,
  rows: readonly (readonly number[])[],
): Promise<{ hidden: Float32Array; width: number; dimension: number }> {
  const width = Math.max(...rows.map((ids) => ids.length))
  const ids = new BigInt64Array(rows.length * width).fill(BigInt(tokenizer.pad_token_id ?? 0))
  const mask = new BigInt64Array(rows.length * width)
  rows.forEach((row, i) => {
    ids.set(row.map(BigInt), i * width)
    mask.fill(1n, i * width, i * width + row.length)
  })
  const shape = [rows.length, width]
  const outputs = await network({
    input_ids: new Tensor('int64', ids, shape),
    attention_mask: new Tensor('int64', mask, shape),
  })
  const output = outputs['last_hidden_state'] ?? outputs['token_embeddings']
  const dimension = output?.dims[2]
  if (output === undefined || dimension === undefined) {
    throw new QuiverError(
      'EMBEDDING_FAILED',
      `The model gives ${Object.keys(outputs).join(', ')} and no vectors of its tokens. ` +
        'Choose a model made for feature extraction.',
    )
  }
  return { hidden: output.to('float32').data as Float32Array, width, dimension }
}
