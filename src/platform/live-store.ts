import type { Hits, Include } from '../contract/api.ts'
import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { Fields } from '../contract/fields.ts'
import type { LiveQuery, LiveSnapshot } from '../contract/live.ts'
import type { RemoteHits } from '../contract/protocol.ts'
import { Listeners } from './listeners.ts'

/** Another answer, or why there is none this time. */
export type LiveAnswer = RemoteHits | QuiverError

/** Where answers come from: runs until `signal` aborts, and rejects with what ends it before. */
export type LiveSource = (
  answered: (answer: LiveAnswer) => void,
  signal: AbortSignal,
) => Promise<void>

type AnyHits = Hits<Fields, Include>
type AnySnapshot = LiveSnapshot<Fields, Include>

/** A live query as its users hold it, fed by a source for as long as anybody listens. */
export class LiveStore implements LiveQuery<Fields, Include> {
  readonly #source: LiveSource
  readonly #listeners = new Listeners<{ change: undefined }>()
  #subscribers = 0
  #running = new AbortController()
  #snapshot: AnySnapshot = { status: 'loading', hits: undefined, error: undefined }

  constructor(source: LiveSource) {
    this.#source = source
  }

  readonly getSnapshot = (): AnySnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    const unlisten = this.#listeners.on('change', () => {
      listener()
    })
    this.#subscribers++
    if (this.#subscribers === 1) this.#start()
    let isSubscribed = true
    return () => {
      if (!isSubscribed) return
      isSubscribed = false
      unlisten()
      this.#subscribers--
      if (this.#subscribers === 0) this.#running.abort()
    }
  }

  #start(): void {
    // Not told: whoever subscribes looks at it afterwards.
    if (this.#snapshot.status !== 'loading') {
      this.#snapshot = { status: 'loading', hits: this.#snapshot.hits, error: undefined }
    }
    this.#running = new AbortController()
    const { signal } = this.#running
    const answered = (answer: LiveAnswer): void => {
      // What comes late belongs to nobody.
      if (!signal.aborted) this.#show(this.#snapshotOf(answer))
    }
    this.#source(answered, signal).catch((error: unknown) => {
      answered(toQuiverError(error))
    })
  }

  #snapshotOf(answer: LiveAnswer): AnySnapshot {
    if (answer instanceof QuiverError) {
      return { status: 'error', hits: this.#snapshot.hits, error: answer }
    }
    const hits = Object.defineProperty(answer.hits, 'info', { value: answer.info }) as AnyHits
    return { status: 'ready', hits, error: undefined }
  }

  #show(snapshot: AnySnapshot): void {
    this.#snapshot = snapshot
    this.#listeners.emit('change', undefined)
  }
}
