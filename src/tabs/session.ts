import type { Progress } from '../contract/api.ts'
import type { Embedder, EmbedOptions } from '../contract/embedder.ts'
import type { BatchPart, CallFrame, FollowerFrame, LeaderFrame } from '../contract/tabs.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import type { CallContext } from '../collection/call-context.ts'
import { staticModel } from '../embed/static/index.ts'
import { postError, receivedError } from '../platform/wire.ts'
import { Channel, pipeOf, unreadable } from './channel.ts'

/** Runs a call on the database. What it fails with once the lead is lost is nobody's answer: the next leader is asked. */
export interface Runner {
  readonly ended: boolean
  run(frame: CallFrame, caller: string, context: CallContext): Promise<unknown>
}

type EmbedFrame = LeaderFrame & { readonly type: 'embed' }

interface Embedding {
  readonly frame: EmbedFrame
  readonly resolve: (matrix: Float32Array) => void
  readonly reject: (error: QuiverError) => void
}

/** The leader's end of the pipe to one follower. */
export class Session {
  readonly #member: string
  readonly #runner: Runner
  readonly #pipe: Channel<FollowerFrame, LeaderFrame>
  readonly #running = new Map<number, AbortController>()
  readonly #parts = new Map<number, BatchPart[]>()
  readonly #embeddings = new Map<number, Embedding>()
  #nextEmbedding = 1
  #ended = false

  constructor(term: string, member: string, runner: Runner) {
    this.#member = member
    this.#runner = runner
    this.#pipe = new Channel(
      pipeOf(term, member),
      (frame) => {
        this.#heard(frame)
      },
      () => {
        this.#answer({ type: 'unreadable' })
      },
    )
  }

  post(frame: LeaderFrame): void {
    this.#pipe.post(frame)
  }

  /** The follower is gone, or the lead is. */
  end(): void {
    this.#ended = true
    this.#pipe.close()
    for (const controller of this.#running.values()) controller.abort()
    for (const { reject } of this.#embeddings.values()) reject(embedderGone())
    this.#parts.clear()
  }

  #heard(frame: FollowerFrame): void {
    switch (frame.type) {
      case 'part':
        this.#partsOf(frame.n).push(frame.part)
        break
      case 'call':
        if (this.#running.has(frame.n)) this.#askedAgain(frame.n)
        else void this.#call(frame)
        break
      case 'abort':
        this.#running.get(frame.n)?.abort()
        break
      case 'embedded':
        this.#embeddings.get(frame.id)?.resolve(frame.matrix)
        break
      case 'not-embedded':
        this.#embeddings.get(frame.id)?.reject(receivedError(frame.error))
        break
    }
  }

  /** Its answer will come. What its embedder was asked may have been heard by an end of the pipe that is no more. */
  #askedAgain(n: number): void {
    this.#parts.delete(n)
    for (const { frame } of this.#embeddings.values()) if (frame.n === n) this.#answer(frame)
  }

  async #call(frame: CallFrame): Promise<void> {
    const { n } = frame
    const controller = new AbortController()
    this.#running.set(n, controller)
    const onProgress = (progress: Progress): void => {
      this.#answer({ type: 'progress', n, progress })
    }
    try {
      const embedder = this.#embedderOf(frame)
      const context = { signal: controller.signal, onProgress, embedder }
      const value = await this.#runner.run(this.#whole(frame), this.#member, context)
      this.#answer({ type: 'result', n, value })
    } catch (error) {
      this.#answer({ type: 'error', n, error: postError(error) })
    } finally {
      this.#running.delete(n)
    }
  }

  #answer(frame: LeaderFrame): void {
    if (!this.#runner.ended) this.#pipe.post(frame)
  }

  #partsOf(n: number): BatchPart[] {
    const parts = this.#parts.get(n) ?? []
    this.#parts.set(n, parts)
    return parts
  }

  /** With the parts that came before it. @throws QuiverError `INVALID_RECORD` where one could not be read */
  #whole(frame: CallFrame): CallFrame {
    const parts = this.#parts.get(frame.n) ?? []
    this.#parts.delete(frame.n)
    if (parts.length !== frame.parts) throw unreadable()
    return parts.length > 0 ? { ...frame, args: [...frame.args, parts] } : frame
  }

  #embedderOf({ n, embedder }: CallFrame): Embedder | undefined {
    if (!embedder) return undefined
    if ('type' in embedder) return modelAt(embedder.modelUrl)
    return { ...embedder, embed: (texts, options) => this.#embed(n, texts, options) }
  }

  /** The embedder stays where it was made: its tab is sent the texts. */
  async #embed(
    n: number,
    texts: readonly string[],
    { role, signal }: EmbedOptions,
  ): Promise<Float32Array> {
    throwIfAborted(signal)
    if (this.#ended) throw embedderGone()
    const id = this.#nextEmbedding++
    const frame = { type: 'embed', n, id, texts, role } as const
    const stop = (): void => {
      this.#answer({ type: 'stop-embedding', id })
    }
    signal?.addEventListener('abort', stop)
    try {
      return await new Promise<Float32Array>((resolve, reject) => {
        this.#embeddings.set(id, { frame, resolve, reject })
        this.#answer(frame)
      })
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#embeddings.delete(id)
    }
  }
}

function embedderGone(): QuiverError {
  return new QuiverError('CLOSED', 'The tab whose embedder was asked is gone.')
}

/** Each is loaded once, whoever asks for it. */
const models = new Map<string | undefined, Embedder>()

function modelAt(modelUrl: string | undefined): Embedder {
  const model = models.get(modelUrl) ?? staticModel({ modelUrl })
  models.set(modelUrl, model)
  return model
}
