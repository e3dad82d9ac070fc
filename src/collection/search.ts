import type {
  Hit,
  Hits,
  Include,
  Metric,
  Query,
  SearchInfo,
  SearchOptions,
  StoredRecord,
} from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import type { IndexSearchOptions, Neighbors, VectorIndex } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { comparesSets } from '../engine/distance.ts'
import { Slices } from '../platform/task.ts'
import { efFor } from './calibration.ts'
import type { EmbeddingSpace } from './embedding.ts'
import { matchRows } from './match.ts'
import { planSearch, type SearchPlan } from './plan.ts'
import { decodeDocument, validateId, validateVector } from './records.ts'
import { type ValidSearchOptions, validateSearchOptions } from './search-options.ts'
import type { CollectionState } from './state.ts'
import { describe, isPlainObject } from './values.ts'

/** Queries of a batch answered between two looks at the signal. */
const BATCH_SLICE = 32

type AnyHits = Hits<Fields, Include>
type AnyHit = Hit<Fields, Include>

/** A query once it is a vector, or the row of the record to find more like; `undefined`: without meaning, finds nothing. */
type ResolvedQuery = Float32Array | number | undefined

/** The recall aimed at when nothing is said. */
const DEFAULT_TARGET_RECALL = 0.95

/** Validate, plan, run, hydrate: every search of a collection goes this way. */
export async function searchMany(
  state: CollectionState,
  space: EmbeddingSpace,
  storage: Storage,
  queries: readonly Query[],
  options: SearchOptions<Fields> = {},
): Promise<AnyHits[]> {
  if (!Array.isArray(queries)) {
    throw new QuiverError(
      'INVALID_OPTION',
      `searchMany takes an array of queries, got ${describe(queries)}.`,
    )
  }
  const valid = validateSearchOptions(options, state.config.metric)
  const started = performance.now()
  const vectors = await resolveQueries(state, space, queries, valid.signal)
  if (state.isLoading && needsOriginals(state, valid)) await state.loaded()
  const embedded = performance.now()
  const mask = valid.where === undefined ? undefined : matchRows(state, valid.where)
  const plan = planFor(state, valid, mask?.count())
  const found = await run(state, vectors, plan, mask?.bytes, valid)
  const searched = performance.now()

  const answers: AnyHit[][] = []
  for (const neighbors of found) {
    throwIfAborted(valid.signal)
    answers.push(await hydrate(state, storage, neighbors, valid))
  }
  const info: SearchInfo = {
    plan,
    device: 'wasm',
    timings: {
      embed: embedded - started,
      search: searched - embedded,
      hydrate: performance.now() - searched,
    },
  }
  return answers.map((hits) => withInfo(hits, info))
}

/**
 * Whether estimates would not do, as long as vectors are still being read: where distances decide what is found, or nearly
 * all of the nearest are asked for, or a bit for each value says too little. Sets are their own codes.
 */
function needsOriginals(
  { index }: CollectionState,
  { radius, minScore, targetRecall = DEFAULT_TARGET_RECALL }: ValidSearchOptions,
): boolean {
  if (!index || comparesSets(index.config.metric)) return false
  const isCoarse = index.config.codes === '1bit'
  const isDecisive = radius !== undefined || minScore > -Infinity
  return isCoarse || isDecisive || targetRecall > DEFAULT_TARGET_RECALL
}

/** `info` is not enumerable: to all that walks them, hits are a plain array. */
export function withInfo<H extends object>(hits: H, info: SearchInfo): H & { info: SearchInfo } {
  return Object.defineProperty(hits, 'info', { value: info }) as H & { info: SearchInfo }
}

/** @param matching records that pass the filter, where there is one */
export function planFor(
  state: CollectionState,
  asked: Pick<ValidSearchOptions, 'k' | 'radius' | 'targetRecall' | 'ef'>,
  matching?: number,
): SearchPlan {
  const { k, radius, targetRecall } = asked
  return planSearch({
    live: state.count,
    matching,
    graph: state.index?.config.graph ? 'present' : 'none',
    k,
    radius,
    targetRecall,
    ef: efOf(state, asked),
    originals: state.isLoading ? 'loading' : 'present',
  })
}

/** An ef by its own name goes before a recall that was asked for, and both before what the collection says. */
function efOf(
  state: CollectionState,
  { ef, targetRecall, k }: Pick<ValidSearchOptions, 'ef' | 'targetRecall' | 'k'>,
): number {
  const { index: policy } = state.config
  const ownEf = policy.type === 'flat' ? undefined : policy.efSearch
  if (ef !== undefined) return ef
  if (targetRecall === undefined && ownEf !== undefined) return ownEf
  return efFor(state.calibration, targetRecall ?? DEFAULT_TARGET_RECALL, k)
}

/** @throws QuiverError `INVALID_VECTOR`, `DIMENSION_MISMATCH`, `NOT_FOUND`, `NO_EMBEDDER`, `EMBEDDING_FAILED` */
async function resolveQueries(
  state: CollectionState,
  space: EmbeddingSpace,
  queries: readonly Query[],
  signal: AbortSignal | undefined,
): Promise<ResolvedQuery[]> {
  const texts = queries.filter((query) => typeof query === 'string')
  // Where no record has a vector there is nothing to compare with, and no model needs to be loaded.
  if (texts.length > 0) space.requireEmbedder()
  const embeds = texts.length > 0 && state.index !== undefined
  const embedded = embeds ? await space.embedQueries(texts, signal) : []
  let nextText = 0
  const resolve = async (query: Query): Promise<ResolvedQuery> => {
    if (typeof query === 'string') return embedded[nextText++]
    if (isIdQuery(query)) {
      const row = rowToCompare(state, query.id)
      if (row !== undefined) await state.vector(row)
      return row
    }
    const vector = validateVector(query, state.config.metric, 'the query')
    const { dimension } = state.config
    if (dimension !== undefined && vector.length !== dimension) {
      throw new QuiverError(
        'DIMENSION_MISMATCH',
        `The query has ${String(vector.length)} dimensions, collection "${state.config.name}" has ${String(dimension)}.`,
      )
    }
    return vector
  }
  return Promise.all(queries.map(resolve))
}

function isIdQuery(query: Query): query is { readonly id: string } {
  return isPlainObject(query) && 'id' in query
}

function rowToCompare(state: CollectionState, id: string): number | undefined {
  const row = state.findRow(validateId(id))
  if (row === undefined) {
    throw new QuiverError(
      'NOT_FOUND',
      `There is no record ${describe(id)} in collection "${state.config.name}" to find more like.`,
    )
  }
  return state.hasVector(row) ? row : undefined
}

async function run(
  { index }: CollectionState,
  queries: readonly ResolvedQuery[],
  { method, ef }: SearchPlan,
  mask: Uint8Array | undefined,
  { k, radius, signal }: ValidSearchOptions,
): Promise<Neighbors[]> {
  if (!index) return queries.map(() => NOTHING)
  const slices = new Slices(signal)
  const found: Neighbors[] = []
  for (let from = 0; from < queries.length; from += BATCH_SLICE) {
    await slices.pause()
    const slice = queries.slice(from, from + BATCH_SLICE)
    const limit = Math.max(1, Math.min(k, index.rows))
    const options = { k: limit, ef: ef ?? limit, method, mask, radius }
    found.push(...searchSlice(index, slice, options))
  }
  return found
}

/** The vectors among the queries share their work in one call. */
function searchSlice(
  index: VectorIndex,
  queries: readonly ResolvedQuery[],
  options: IndexSearchOptions,
): Neighbors[] {
  const vectors = queries.filter((query) => query instanceof Float32Array)
  const matrix = new Float32Array(vectors.length * index.config.dimension)
  for (const [n, vector] of vectors.entries()) matrix.set(vector, n * vector.length)
  const found = index.searchMany(matrix, options).values()
  return queries.map((query) => {
    if (typeof query === 'number') return index.searchRow(query, options)
    return query ? (found.next().value ?? NOTHING) : NOTHING
  })
}

const NOTHING: Neighbors = {
  rows: new Uint32Array(0),
  distances: new Float32Array(0),
  visited: 0,
}

/** Scores as in the table "score, distance" of the README. */
function scoreOf(metric: Metric, distance: number): number {
  switch (metric) {
    case 'cosine':
      return 1 - distance
    case 'dot':
      return -distance
    case 'l2':
    case 'l1':
    case 'hamming':
    case 'jaccard':
      return 1 / (1 + distance)
  }
}

async function hydrate(
  state: CollectionState,
  storage: Storage,
  { rows, distances }: Neighbors,
  { include, minScore }: ValidSearchOptions,
): Promise<AnyHit[]> {
  const { ids, config } = state
  const scores = Array.from(distances, (distance) => scoreOf(config.metric, distance))
  const kept = [...rows].filter((_row, n) => (scores[n] ?? -Infinity) >= minScore)
  const keptIds = kept.map((row) => ids[row] ?? '')
  const vectors = include.has('vector')
    ? await Promise.all(kept.map((row) => state.vector(row)))
    : undefined
  const documents = include.has('record') ? await state.documents.read(kept, storage) : undefined
  return kept.map((_row, n) => {
    const id = keptIds[n] ?? ''
    const hit: Record<string, unknown> = { id, score: scores[n] }
    if (include.has('distance')) hit['distance'] = distances[n]
    if (vectors) hit['vector'] = vectors[n]
    if (documents) hit['record'] = toRecord(id, documents[n] ?? '{}')
    return hit as AnyHit
  })
}

export function toRecord(id: string, document: string): StoredRecord<Fields> {
  return { id, ...decodeDocument(document) }
}
