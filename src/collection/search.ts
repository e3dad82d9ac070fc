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
import type { Neighbors } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import { QuiverError, throwIfAborted } from '../contract/errors.ts'
import { Slices } from '../platform/task.ts'
import { MAX_EF, requireOneOf } from './config.ts'
import type { EmbeddingSpace } from './embedding.ts'
import { matchRows } from './match.ts'
import { planSearch, type SearchPlan } from './plan.ts'
import { decodeDocument, validateId, validateVector } from './records.ts'
import type { CollectionState } from './state.ts'
import { describe, isPlainObject } from './values.ts'

const DEFAULT_K = 10
const DEFAULT_EF = 64
const DEFAULT_INCLUDE = ['record', 'distance'] as const
const INCLUDES: readonly string[] = ['record', 'vector', 'distance']

/** Queries of a batch answered between two looks at the signal. */
const BATCH_SLICE = 32

type AnyHits = Hits<Fields, Include>
type AnyHit = Hit<Fields, Include>

interface ValidOptions {
  readonly k: number
  readonly ef: number
  readonly where: unknown
  readonly include: ReadonlySet<Include>
  readonly minScore: number
  readonly signal: AbortSignal | undefined
}

/** A query once it is a vector; `row` is the record it came from, which is not its own neighbour. */
interface VectorQuery {
  readonly vector: Float32Array
  readonly row: number | undefined
}

/** Validate, plan, run, hydrate: every search of a collection goes this way. */
export async function searchMany(
  state: CollectionState,
  space: EmbeddingSpace,
  storage: Storage,
  queries: readonly Query[],
  options: SearchOptions<Fields> = {},
): Promise<AnyHits[]> {
  const valid = validateOptions(options)
  const started = performance.now()
  const vectors = await resolveQueries(state, space, queries, valid.signal)
  const embedded = performance.now()
  const mask = valid.where === undefined ? undefined : matchRows(state, valid.where)
  const plan = planSearch({
    live: state.count,
    matching: mask?.count(),
    graph: state.index?.config.graph ? 'present' : 'none',
    k: valid.k,
  })
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

/** `info` is not enumerable: to all that walks them, hits are a plain array. */
export function withInfo<H extends object>(hits: H, info: SearchInfo): H & { info: SearchInfo } {
  return Object.defineProperty(hits, 'info', { value: info }) as H & { info: SearchInfo }
}

/** @throws QuiverError `INVALID_K`, `INVALID_OPTION`, `ABORTED` */
function validateOptions(options: SearchOptions<Fields>): ValidOptions {
  throwIfAborted(options.signal)
  const { k = DEFAULT_K, ef = DEFAULT_EF, mode = 'vector', minScore = -Infinity } = options
  if (!Number.isInteger(k) || k < 1) {
    throw new QuiverError('INVALID_K', `k must be an integer of at least 1, got ${describe(k)}.`)
  }
  if (!Number.isInteger(ef) || ef < 1 || ef > MAX_EF) {
    throw new QuiverError(
      'INVALID_OPTION',
      `ef must be an integer from 1 to ${String(MAX_EF)}, got ${describe(ef)}.`,
    )
  }
  if (typeof minScore !== 'number' || Number.isNaN(minScore)) {
    throw new QuiverError('INVALID_OPTION', `minScore must be a number, got ${describe(minScore)}.`)
  }
  const asked: string = mode
  if (asked === 'text' || asked === 'hybrid') {
    throw new QuiverError('UNSUPPORTED', `mode '${asked}' is not there yet; leave mode out.`)
  }
  requireOneOf('mode', mode, ['vector'])
  const include: unknown = options.include ?? DEFAULT_INCLUDE
  if (!Array.isArray(include)) {
    throw new QuiverError('INVALID_OPTION', `include must be an array, got ${describe(include)}.`)
  }
  for (const part of include) requireOneOf('include', part, INCLUDES)
  return {
    k,
    ef,
    where: options.where,
    include: new Set(include as Include[]),
    minScore,
    signal: options.signal,
  }
}

/** @throws QuiverError `INVALID_VECTOR`, `DIMENSION_MISMATCH`, `NOT_FOUND`, `NO_EMBEDDER`, `EMBEDDING_FAILED` */
async function resolveQueries(
  state: CollectionState,
  space: EmbeddingSpace,
  queries: readonly Query[],
  signal: AbortSignal | undefined,
): Promise<(VectorQuery | undefined)[]> {
  const texts = queries.filter((query) => typeof query === 'string')
  // Where no record has a vector there is nothing to compare with, and no model needs to be loaded.
  if (texts.length > 0) space.requireEmbedder()
  const embeds = texts.length > 0 && state.index !== undefined
  const embedded = embeds ? await space.embedQueries(texts, signal) : []
  let nextText = 0
  return queries.map((query): VectorQuery | undefined => {
    if (typeof query === 'string') {
      const vector = embedded[nextText++]
      return vector && { vector, row: undefined }
    }
    if (isIdQuery(query)) return recordVector(state, query.id)
    const vector = validateVector(query, state.config.metric, 'the query')
    const { dimension } = state.config
    if (dimension !== undefined && vector.length !== dimension) {
      throw new QuiverError(
        'DIMENSION_MISMATCH',
        `The query has ${String(vector.length)} dimensions, collection "${state.config.name}" has ${String(dimension)}.`,
      )
    }
    return { vector, row: undefined }
  })
}

function isIdQuery(query: Query): query is { readonly id: string } {
  return isPlainObject(query) && 'id' in query
}

function recordVector(state: CollectionState, id: string): VectorQuery | undefined {
  const row = state.rowOf.get(validateId(id))
  if (row === undefined) {
    throw new QuiverError(
      'NOT_FOUND',
      `There is no record ${describe(id)} in collection "${state.config.name}" to find more like.`,
    )
  }
  if (!state.index || !state.hasVector(row)) return undefined
  return { vector: state.index.vector(row), row }
}

async function run(
  state: CollectionState,
  queries: readonly (VectorQuery | undefined)[],
  plan: SearchPlan,
  mask: Uint8Array | undefined,
  { k, ef, signal }: ValidOptions,
): Promise<Neighbors[]> {
  const { index } = state
  const slices = new Slices(signal)
  const found: Neighbors[] = []
  for (let from = 0; from < queries.length; from += BATCH_SLICE) {
    await slices.pause()
    for (const query of queries.slice(from, from + BATCH_SLICE)) {
      if (!index || !query) {
        found.push(NOTHING)
        continue
      }
      // One more than asked, so that k are left when the record itself is taken out.
      const extra = query.row === undefined ? 0 : 1
      const limit = Math.min(k + extra, index.rows)
      const neighbors = index.search(query.vector, { k: limit, ef, method: plan.method, mask })
      found.push(query.row === undefined ? neighbors : without(neighbors, query.row, k))
    }
  }
  return found
}

const NOTHING: Neighbors = {
  rows: new Uint32Array(0),
  distances: new Float32Array(0),
  visited: 0,
}

function without({ rows, distances, visited }: Neighbors, row: number, k: number): Neighbors {
  const kept = [...rows.keys()].filter((n) => rows[n] !== row).slice(0, k)
  return {
    rows: Uint32Array.from(kept, (n) => rows[n] ?? 0),
    distances: Float32Array.from(kept, (n) => distances[n] ?? 0),
    visited,
  }
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
  { include, minScore }: ValidOptions,
): Promise<AnyHit[]> {
  const { index, ids, config } = state
  const scores = Array.from(distances, (distance) => scoreOf(config.metric, distance))
  const kept = [...rows].filter((_row, n) => (scores[n] ?? -Infinity) >= minScore)
  const keptIds = kept.map((row) => ids[row] ?? '')
  const vectors = include.has('vector') && index ? kept.map((row) => index.vector(row)) : undefined
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
