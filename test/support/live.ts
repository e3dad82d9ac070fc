/** Subscribers of live queries. */
import type { Fields, Hits, Include, LiveQuery, LiveSnapshot } from 'quiverdb'

/** What of a snapshot can be asked for, whatever its fields. */
export type AnySnapshot = Pick<LiveSnapshot, 'status' | 'error'> & {
  readonly hits: readonly { readonly id: string }[] | undefined
}

export class Follower<F extends Fields, I extends Include> {
  readonly stop: () => void
  readonly #query: LiveQuery<F, I>
  #told = 0
  #check = (): void => undefined

  constructor(query: LiveQuery<F, I>) {
    this.#query = query
    this.stop = query.subscribe((...args: unknown[]) => {
      if (args.length > 0) throw new Error('A listener was called with arguments.')
      this.#told++
      this.#check()
    })
  }

  get snapshot(): LiveSnapshot<F, I> {
    return this.#query.getSnapshot()
  }

  /** How often it was told of another snapshot. */
  get told(): number {
    return this.#told
  }

  /** Resolves as soon as the snapshot is such a one. */
  async until(isSuch: (snapshot: LiveSnapshot<F, I>) => boolean): Promise<Hits<F, I> | undefined> {
    await new Promise<void>((resolve) => {
      this.#check = () => {
        if (isSuch(this.snapshot)) resolve()
      }
      this.#check()
    })
    return this.snapshot.hits
  }
}

export function ready({ status }: AnySnapshot): boolean {
  return status === 'ready'
}

/** Whether these, in this order, are all that was found. */
export function finds(...ids: string[]): (snapshot: AnySnapshot) => boolean {
  return ({ status, hits }) => status === 'ready' && hits?.map(({ id }) => id).join() === ids.join()
}

export function failsWith(code: string): (snapshot: AnySnapshot) => boolean {
  return ({ error }) => error?.code === code
}

/** Long enough for what would be told to have been told. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250))
}
