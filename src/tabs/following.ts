import { callEmbedder } from '../platform/call-embedder.ts'
import { sliceMatrix, sliceRecords } from '../platform/slices.ts'
import { postError, receivedError } from '../platform/wire.ts'
import type { DatabaseStatus } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { DatabaseEvent } from '../contract/protocol.ts'
import type {
  BatchPart,
  CallFrame,
  Durability,
  FollowerFrame,
  LeaderFrame,
} from '../contract/tabs.ts'
import { type Asked, partsOf, type Way } from './asked.ts'
import { Channel, pipeOf, unreadable } from './channel.ts'

export interface FollowingListener {
  /** Once. */
  welcomed(status: DatabaseStatus, durability: Durability): void
  /** Any frame: the leader's worker is alive. */
  alive(): void
  changed(status: DatabaseStatus, event: DatabaseEvent | undefined): void
  written(collections: readonly number[]): void
  /** The database is no more. */
  closed(error: QuiverError): void
}

/** The follower's end of the pipe to the leader. */
export class Following implements Way {
  readonly #pipe: Channel<LeaderFrame, FollowerFrame>
  readonly #listener: FollowingListener
  readonly #asked = new Map<number, { readonly call: Asked; readonly forget: () => void }>()
  readonly #embeddings = new Map<number, AbortController>()
  #welcomed = false

  constructor(term: string, member: string, listener: FollowingListener) {
    this.#listener = listener
    this.#pipe = new Channel(
      pipeOf(term, member),
      (frame) => {
        listener.alive()
        this.#heard(frame)
      },
      () => {
        this.#failAll()
      },
    )
  }

  send(call: Asked, heard: number): void {
    const { n, options } = call
    const abort = (): void => {
      this.#pipe.post({ type: 'abort', n })
    }
    const forget = (): void => {
      options.signal?.removeEventListener('abort', abort)
      this.#asked.delete(n)
    }
    options.signal?.addEventListener('abort', abort)
    this.#asked.get(n)?.forget()
    this.#asked.set(n, { call, forget })
    try {
      this.#post(call, heard)
    } catch (cause) {
      forget()
      call.reject(unpostable(cause))
    }
  }

  end(): void {
    for (const { forget } of this.#asked.values()) forget()
    for (const controller of this.#embeddings.values()) controller.abort()
    this.#pipe.close()
  }

  #post(call: Asked, heard: number): void {
    const { n, method, embedder } = call
    let parts = 0
    for (const part of partsOf(call) ?? []) {
      for (const piece of sliced(part)) {
        this.#pipe.post({ type: 'part', n, part: piece })
        parts++
      }
    }
    const args = method === 'upsert' ? call.args.slice(0, 1) : call.args
    this.#pipe.post({
      type: 'call',
      n,
      heard,
      method,
      args,
      parts,
      embedder: embedder && (embedder.recipe ?? factsOf(embedder)),
    })
  }

  #heard(frame: LeaderFrame): void {
    switch (frame.type) {
      case 'welcome':
        if (!this.#welcomed) this.#listener.welcomed(frame.status, frame.durability)
        this.#welcomed = true
        break
      case 'result':
        this.#settle(frame.n)?.resolve(frame.value)
        break
      case 'error':
        this.#settle(frame.n)?.reject(receivedError(frame.error))
        break
      case 'progress':
        this.#asked.get(frame.n)?.call.options.onProgress?.(frame.progress)
        break
      case 'embed':
        void this.#embed(frame)
        break
      case 'stop-embedding':
        this.#embeddings.get(frame.id)?.abort()
        break
      case 'status':
        this.#listener.changed(frame.status, frame.event)
        break
      case 'unreadable':
        this.#failAll()
        break
      case 'written':
        this.#listener.written(frame.collections)
        break
      case 'closed':
        this.#listener.closed(receivedError(frame.error))
        break
    }
  }

  /** Which call's message it was cannot be known: all that are under way fail, and none waits for ever. */
  #failAll(): void {
    for (const n of [...this.#asked.keys()]) this.#settle(n)?.reject(unreadable())
  }

  #settle(n: number): Asked | undefined {
    const asked = this.#asked.get(n)
    asked?.forget()
    return asked?.call
  }

  async #embed({ n, id, texts, role }: LeaderFrame & { type: 'embed' }): Promise<void> {
    const embedder = this.#asked.get(n)?.call.embedder
    if (!embedder) return
    const controller = new AbortController()
    this.#embeddings.set(id, controller)
    try {
      const matrix = await callEmbedder(embedder, texts, { role, signal: controller.signal })
      this.#pipe.post({ type: 'embedded', id, matrix })
    } catch (error) {
      this.#pipe.post({ type: 'not-embedded', id, error: postError(error) })
    } finally {
      this.#embeddings.delete(id)
    }
  }
}

function factsOf({ id, dimension, maxTokens }: NonNullable<Asked['embedder']>) {
  return { id, dimension, maxTokens } satisfies CallFrame['embedder']
}

/** In messages that are not long. What is no such part is sent as it is, to be refused. */
function* sliced(part: BatchPart): Generator<BatchPart> {
  if ('records' in part) {
    if (part.records.length === 0) yield part
    for (const records of sliceRecords(part.records)) yield { records }
  } else if (Number.isInteger(part.matrix.length / part.ids.length) && part.matrix.length > 0) {
    const slices = sliceMatrix(part.ids as readonly string[], part.matrix)
    for (const { ids, rows } of slices) yield { ids, matrix: rows }
  } else yield part
}

function unpostable(cause: unknown): QuiverError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new QuiverError(
    'INVALID_RECORD',
    `What was given cannot be sent to the tab that has the data (${reason}). Give plain data: no functions or class instances.`,
    { cause },
  )
}
