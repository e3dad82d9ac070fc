/** Checked by tsc alone: live queries that must compile, and, under each `@ts-expect-error`, what must not. */
import type { Database } from '../../src/contract/api.ts'

/** As React declares it. */
declare function useSyncExternalStore<S>(
  subscribe: (listener: () => void) => () => void,
  getSnapshot: () => S,
  getServerSnapshot?: () => S,
): S

declare const db: Database

export async function liveQueriesAreExternalStores(): Promise<readonly unknown[]> {
  const c = await db.collection('c', { fields: { year: 'number' } })
  const live = c.live('feline', { k: 5, where: { year: { $gte: 2000 } }, include: ['record'] })
  const snapshot = useSyncExternalStore(live.subscribe, live.getSnapshot, live.getSnapshot)
  const years: (number | undefined)[] = snapshot.hits?.map(({ record }) => record.year) ?? []

  // @ts-expect-error hits may not be there yet
  const early = snapshot.hits.length
  if (snapshot.status === 'error') return [snapshot.error.code]
  if (snapshot.status === 'ready') return [snapshot.hits.info.plan.method]

  // @ts-expect-error distances were not asked for
  const distances = snapshot.hits?.map(({ distance }) => distance as number)
  // @ts-expect-error no such field
  c.live('feline', { where: { colour: 'red' } })
  // @ts-expect-error a listener gets no arguments
  live.subscribe((hits: string) => hits)
  return [years, early, distances]
}
