import type { Progress } from '../../contract/api.ts'
import type { ModelSettings } from './options.ts'

/** As transformers.js calls it. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

const INTERVAL_MS = 100

/**
 * The fetch that transformers.js gets while it loads: counts bytes, keeps a local model local, and takes a page of HTML
 * for what it is. Servers of single-page apps answer so for files they do not have; it would be kept in the Cache API as
 * the model's file and fail for ever.
 */
export class ModelFetch {
  readonly #fetch: Fetch
  readonly #settings: ModelSettings
  readonly #onProgress: ((progress: Progress) => void) | undefined
  #done = 0
  #total = 0
  #reported = -Infinity

  constructor(
    fetch: Fetch,
    settings: ModelSettings,
    onProgress: ((progress: Progress) => void) | undefined,
  ) {
    this.#fetch = fetch
    this.#settings = settings
    this.#onProgress = onProgress
  }

  readonly fetch: Fetch = async (input, init) => {
    this.#requireAllowed(input)
    const response = await this.#fetch(input, init)
    if (response.headers.get('content-type')?.startsWith('text/html')) {
      return new Response(null, { status: 404, statusText: 'Not Found' })
    }
    if (!response.ok || response.body === null || this.#onProgress === undefined) return response
    this.#total += Number(response.headers.get('content-length') ?? 0)
    return new Response(response.body.pipeThrough(this.#counter()), response)
  }

  /** Says that the last byte has come. */
  finish(): void {
    if (this.#done > 0) this.#report(this.#done)
  }

  #requireAllowed(input: string | URL): void {
    if (this.#settings.folder === undefined || typeof location === 'undefined') return
    const url = new URL(input, location.href)
    if (url.origin !== location.origin) {
      throw new Error(`a local model may not ask ${url.href}`)
    }
  }

  #counter(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#done += chunk.byteLength
        // A compressed answer is longer than its header says.
        if (performance.now() - this.#reported >= INTERVAL_MS) {
          this.#report(Math.max(this.#done, this.#total))
        }
        controller.enqueue(chunk)
      },
    })
  }

  #report(total: number): void {
    this.#reported = performance.now()
    this.#onProgress?.({ done: this.#done, total, phase: 'downloading' })
  }
}
