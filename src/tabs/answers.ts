import type { TabCalls, TabMethod } from '../contract/tabs.ts'
import { QuiverError } from '../contract/errors.ts'
import type { CallContext } from '../collection/call-context.ts'
import type { LocalDatabase } from '../collection/database.ts'
import { digestOf } from '../collection/live.ts'
import type { Outcome } from '../collection/outcomes.ts'
import { Slices } from '../platform/task.ts'

type Answers = {
  readonly [M in TabMethod]: (
    database: LocalDatabase,
    context: CallContext,
    ...args: Parameters<TabCalls[M]>
  ) => Promise<ReturnType<TabCalls[M]>>
}

/** What the leader does for each call, its own tab's and the others'. */
const answers: Answers = {
  async open(database, { embedder }, name, options) {
    const collection = await database.collection(name, { ...options, embedder })
    return collection.number
  },
  collections: (database) => database.collections(),
  async deleteCollection(database, context, name) {
    if (!known(database, context)) await database.deleteCollection(name, context)
  },
  stats: (database) => database.stats(),
  export: (database, context) => database.export(context),
  async upsert(database, context, { name, number }, parts) {
    const done = known(database, context)
    if (done) return { inserted: done.inserted, updated: done.updated }
    if (!parts) {
      throw new QuiverError(
        'NOT_LEADER',
        'Another tab took over while this was being written, and nothing of it was. Write it again.',
      )
    }
    const batch = database.opened(name, number).batch()
    const slices = new Slices(context.signal)
    // Taken out as they are read: a large write need not be held twice.
    for (let part = parts.shift(); part; part = parts.shift()) {
      if ('records' in part) {
        for (let from = 0; from < part.records.length; from += CHECK_SLICE) {
          await slices.pause()
          // Closed meanwhile, and the next leader is sent all of it.
          database.opened(name, number)
          batch.addRecords(part.records.slice(from, from + CHECK_SLICE))
        }
      } else batch.addMatrix(part.ids, part.matrix)
    }
    return batch.commit(context)
  },
  get: async (database, _context, { name, number }, id) => database.opened(name, number).get(id),
  async update(database, context, { name, number }, id, patch) {
    if (!known(database, context)) await database.opened(name, number).update(id, patch, context)
  },
  async delete(database, context, { name, number }, target) {
    const done = known(database, context)
    return done ? done.deleted : database.opened(name, number).delete(target, context)
  },
  count: async (database, _context, { name, number }, where) =>
    database.opened(name, number).count(where),
  async searchMany(database, context, { name, number }, queries, options) {
    const { signal } = context
    const collection = database.opened(name, number)
    const found = await collection.searchMany(queries, { ...options, signal }, context)
    // An array of its own: what hangs on the other is lost when it is posted.
    return found.map((hits) => ({ hits: [...hits], info: hits.info }))
  },
  async searchAgain(database, context, { name, number }, query, options, known) {
    const { signal } = context
    const hits = await database.opened(name, number).search(query, { ...options, signal }, context)
    const digest = await digestOf(hits)
    return digest === known ? undefined : { hits: [...hits], info: hits.info, digest }
  },
  collectionStats: async (database, _context, { name, number }) =>
    database.opened(name, number).stats(),
  verify: async (database, { signal, onProgress }, { name, number }, sample) =>
    database.opened(name, number).verify({ signal, onProgress, sample }),
}

/** Records checked between two looks at the clock. */
const CHECK_SLICE = 64

export function answer(
  database: LocalDatabase,
  context: CallContext,
  method: TabMethod,
  args: readonly unknown[],
): Promise<unknown> {
  const run = answers[method] as (...all: unknown[]) => Promise<unknown>
  return run(database, context, ...args)
}

/** What the call did when it was sent before. */
function known(database: LocalDatabase, { call }: CallContext): Outcome | undefined {
  return call && database.outcomes.get(call)
}
