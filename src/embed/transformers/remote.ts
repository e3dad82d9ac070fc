import { proxy, wrap } from 'comlink'
import type { Remote } from 'comlink'
import type { Progress } from '../../contract/api.ts'
import { QuiverError, throwIfAborted } from '../../contract/errors.ts'
import { abortable } from './abortable.ts'
import type { ModelSettings } from './options.ts'
import { unwrap } from './protocol.ts'
import type { Answer, Model, ModelFacts, ModelHost } from './protocol.ts'

/** A model in a worker of its own. */
export class RemoteModel implements Model {
  readonly dimension: number
  readonly maxTokens: number | undefined
  readonly #connection: Connection
  #calls = 0

  private constructor(connection: Connection, facts: ModelFacts) {
    this.#connection = connection
    this.dimension = facts.dimension
    this.maxTokens = facts.maxTokens
  }

  static async start(
    settings: ModelSettings,
    onProgress: ((progress: Progress) => void) | undefined,
  ): Promise<RemoteModel> {
    const connection = new Connection()
    try {
      const facts = await connection.ask((host) =>
        host.load(settings, onProgress && proxy(onProgress)),
      )
      return new RemoteModel(connection, facts)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  async embed(
    texts: readonly string[],
    prefix: string,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    throwIfAborted(signal)
    const call = this.#calls++
    const cancel = () => void this.#connection.host.cancel(call)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await abortable(
        this.#connection.ask((host) => host.embed(call, texts, prefix)),
        signal,
      )
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  close(): void {
    this.#connection.close()
  }
}

/** A worker that may die: then Comlink's promises stay open, these do not. */
class Connection {
  readonly #worker: Worker
  readonly host: Remote<ModelHost>
  readonly #waiting = new Set<(error: QuiverError) => void>()
  #ended: QuiverError | undefined

  constructor() {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    this.#worker.addEventListener('error', (event) => {
      this.#end(workerFailed(event))
    })
    this.host = wrap<ModelHost>(this.#worker)
  }

  /** @throws QuiverError what the worker answered, or `EMBEDDING_FAILED` when it answers no more */
  ask<T>(call: (host: Remote<ModelHost>) => Promise<Answer<T>>): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      call(this.host)
        .then((received) => {
          resolve(unwrap(received))
        })
        .catch(reject)
        .finally(() => this.#waiting.delete(reject))
    })
  }

  close(): void {
    this.#end(new QuiverError('EMBEDDING_FAILED', 'The model was closed while it was embedding.'))
  }

  #end(error: QuiverError): void {
    this.#ended ??= error
    this.#worker.terminate()
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }
}

function workerFailed({ message }: ErrorEvent): QuiverError {
  // A worker whose file or imports cannot be fetched says nothing.
  const reason = message === '' ? 'its file or one of its imports could not be loaded' : message
  return new QuiverError(
    'EMBEDDING_FAILED',
    `The worker of transformers.js failed: ${reason}. Is the peer installed (npm i @huggingface/transformers), and does ` +
      "the page's Content-Security-Policy allow worker-src 'self' and 'wasm-unsafe-eval'? The next call starts it anew.",
  )
}
