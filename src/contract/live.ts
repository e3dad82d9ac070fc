import type { Hits, Include } from './api.ts'
import type { QuiverError } from './errors.ts'
import type { Fields, NoFields } from './fields.ts'

/**
 * What a live query has found so far. `loading`: the first answer is still awaited. `error`: the last search failed, which the
 * next write may mend; with `CLOSED` and `ABORTED` it has ended. `hits` are there from the first answer on: they stay when a later
 * search fails, and while the query begins anew.
 */
export type LiveSnapshot<F extends Fields = NoFields, I extends Include = 'record' | 'distance'> =
  | {
      readonly status: 'loading'
      readonly hits: Hits<F, I> | undefined
      readonly error: undefined
    }
  | { readonly status: 'ready'; readonly hits: Hits<F, I>; readonly error: undefined }
  | {
      readonly status: 'error'
      readonly hits: Hits<F, I> | undefined
      readonly error: QuiverError
    }

/**
 * A search that is kept up to date, in the shape that React's `useSyncExternalStore` takes. It runs from the first `subscribe`
 * to the last unsubscribe, and anew with the next; both functions may be passed around on their own.
 *
 * @example
 * const live = notes.live('feline resting', { k: 5 })
 * const unsubscribe = live.subscribe(() => {
 *   const { hits, error } = live.getSnapshot()
 *   console.log(error?.message ?? hits?.map(({ id }) => id))
 * })
 * @example
 * const live = useMemo(() => notes.live(text, { k: 5 }), [notes, text])
 * const { status, hits } = useSyncExternalStore(live.subscribe, live.getSnapshot)
 */
export interface LiveQuery<F extends Fields = NoFields, I extends Include = 'record' | 'distance'> {
  /** Calls `listener`, without arguments, whenever there is another snapshot, until the function it answers is called. */
  readonly subscribe: (listener: () => void) => () => void
  /** The same object for as long as nothing has changed. */
  readonly getSnapshot: () => LiveSnapshot<F, I>
}
