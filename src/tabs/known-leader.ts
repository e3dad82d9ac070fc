import type { Way } from './asked.ts'
import { Following, type FollowingListener } from './following.ts'

/** The leader, as far as a follower knows one, and the pipe to it. */
export class KnownLeader {
  readonly #id: string
  readonly #listener: FollowingListener
  #known: { readonly member: string; readonly term: string; readonly pipe: Following } | undefined
  #isJoined = false

  /** `id`: the follower's own. */
  constructor(id: string, listener: FollowingListener) {
    this.#id = id
    this.#listener = listener
  }

  get member(): string | undefined {
    return this.#known?.member
  }

  /** Names the time one member leads; another, and what was asked of the one before has to be asked anew. */
  get term(): string | undefined {
    return this.#known?.term
  }

  /** `undefined` until it has welcomed this follower. */
  get way(): Way | undefined {
    return this.#isJoined ? this.#known?.pipe : undefined
  }

  /** Somebody says that he leads. */
  heardOf(member: string, term: string): void {
    if (this.#known?.term === term) return
    this.forget()
    this.#known = { member, term, pipe: new Following(term, this.#id, this.#listener) }
  }

  joined(): void {
    this.#isJoined = true
  }

  forget(): void {
    this.#known?.pipe.end()
    this.#known = undefined
    this.#isJoined = false
  }
}
