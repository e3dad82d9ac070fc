import type {
  CollectionOptions,
  IndexOption,
  Metric,
  Originals,
  Quantization,
} from '../contract/api.ts'
import type { FieldDeclaration, Fields } from '../contract/fields.ts'
import { QuiverError } from '../contract/errors.ts'
import { comparesSets } from '../engine/distance.ts'
import type { IndexConfig } from '../engine/index.ts'
import { typeOf, validateFields, withDefaults } from './columns/index.ts'
import { describe } from './values.ts'

/** What a collection is, as it is stored. */
export interface CollectionConfig {
  readonly name: string
  readonly metric: Metric
  /** `undefined` until the embedder or the first vector fixes it. */
  readonly dimension?: number
  /** Embedding space; `null`: texts are never embedded; `undefined`: the first write decides. */
  readonly embedder?: string | null
  /** Those of type text with all their options. */
  readonly fields: Fields
  readonly index: IndexPolicy
  readonly quantization: Quantization
  readonly originals: Originals
}

/** The index that was asked for, with its defaults filled in. */
export type IndexPolicy =
  | { readonly type: 'flat' }
  | {
      readonly type: 'hnsw' | 'auto'
      readonly M: number
      readonly efConstruction: number
      readonly efSearch?: number
    }

const METRICS: readonly Metric[] = ['cosine', 'dot', 'l2', 'l1', 'hamming', 'jaccard']
const QUANTIZATIONS: readonly Quantization[] = ['none', 'f16', 'int8', '1bit', 'auto']
const ORIGINALS: readonly Originals[] = ['f32', 'f16']
const MAX_NAME_LENGTH = 512
const MAX_DIMENSION = 65_536
export const MAX_EF = 100_000

/** Below this, int8 codes lose too much for what they save. */
const INT8_FROM_DIMENSION = 64

const DEFAULT_GRAPH = { M: 16, efConstruction: 200 } as const

/** @throws QuiverError `INVALID_OPTION` */
export function createConfig(name: string, options: CollectionOptions<Fields>): CollectionConfig {
  const metric = options.metric ?? 'cosine'
  requireOneOf('metric', metric, METRICS)
  const dimension = requestedDimension(options)
  const embedder = options.embedder?.id ?? (options.dimension === undefined ? undefined : null)
  return {
    name,
    metric,
    ...(dimension === undefined ? {} : { dimension }),
    ...(embedder === undefined ? {} : { embedder }),
    fields: declaredFields(requestedFields(options)),
    index: indexPolicy(options.index),
    quantization: requestedQuantization(options),
    originals: requestedOriginals(options) ?? 'f32',
  }
}

/**
 * The stored config with what `options` add to it: fields, another index or quantization.
 * @throws QuiverError `OPTIONS_MISMATCH`, `EMBEDDER_MISMATCH`, `INVALID_OPTION`
 */
export function mergeConfig(
  stored: CollectionConfig,
  options: CollectionOptions<Fields>,
): CollectionConfig {
  if (options.metric !== undefined) {
    requireOneOf('metric', options.metric, METRICS)
    requireSame(stored, 'metric', stored.metric, options.metric)
  }
  const originals = requestedOriginals(options) ?? stored.originals
  requireSame(stored, 'originals', stored.originals, originals)
  const dimension = requestedDimension(options)
  if (dimension !== undefined && stored.dimension !== undefined && !options.embedder) {
    requireSame(stored, 'dimension', stored.dimension, dimension)
  }
  const embedder = mergeEmbedder(stored, options)
  const knownDimension = stored.dimension ?? dimension
  return {
    name: stored.name,
    metric: stored.metric,
    ...(knownDimension === undefined ? {} : { dimension: knownDimension }),
    ...(embedder === undefined ? {} : { embedder }),
    fields: mergeFields(stored, requestedFields(options)),
    index: options.index === undefined ? stored.index : indexPolicy(options.index),
    quantization:
      options.quantization === undefined ? stored.quantization : requestedQuantization(options),
    originals,
  }
}

/** What the codes are, once the dimension is known. */
export function codesOf(config: CollectionConfig, dimension: number): IndexConfig['codes'] {
  if (comparesSets(config.metric)) return '1bit'
  if (config.quantization !== 'auto') return config.quantization
  return dimension >= INT8_FROM_DIMENSION ? 'int8' : 'none'
}

function mergeEmbedder(
  stored: CollectionConfig,
  options: CollectionOptions<Fields>,
): string | null | undefined {
  const asked = options.embedder?.id
  if (asked === undefined) return stored.embedder
  if (stored.embedder === undefined) return asked
  if (stored.embedder === asked) return asked
  const found =
    stored.embedder === null ? 'vectors given without an embedder' : `vectors of ${stored.embedder}`
  throw new QuiverError(
    'EMBEDDER_MISMATCH',
    `Collection "${stored.name}" holds ${found}, and ${asked} makes others that cannot be compared with them. ` +
      `Open it with the embedder it was made with, or make a new collection for ${asked}.`,
  )
}

function declaredFields(asked: Fields): Fields {
  const entries = Object.entries(asked)
  return Object.fromEntries(entries.map(([field, each]) => [field, withDefaults(each)]))
}

function mergeFields(stored: CollectionConfig, asked: Fields): Fields {
  const merged = new Map(Object.entries(stored.fields))
  for (const [field, declaration] of Object.entries(asked)) {
    const known = merged.get(field)
    merged.set(
      field,
      known ? mergeField(stored, field, known, declaration) : withDefaults(declaration),
    )
  }
  return Object.fromEntries(merged)
}

/** Another boost counts from the next search on; another language would need the words to be made anew. */
function mergeField(
  stored: CollectionConfig,
  field: string,
  known: FieldDeclaration,
  asked: FieldDeclaration,
): FieldDeclaration {
  requireSame(stored, `type of field "${field}"`, typeOf(known), typeOf(asked))
  if (typeof known === 'string' || typeof asked === 'string') return known
  const { language, boost } = asked
  if (language !== undefined) {
    requireSame(stored, `language of field "${field}"`, known.language, language)
  }
  return boost === undefined ? known : { ...known, boost }
}

function requireSame<T>(stored: CollectionConfig, what: string, has: T, asked: T): void {
  if (has === asked) return
  throw new QuiverError(
    'OPTIONS_MISMATCH',
    `Collection "${stored.name}" was made with ${what} ${String(has)}, not ${String(asked)}. ` +
      'Open it without that option, or make a collection of another name.',
  )
}

function requestedDimension(options: CollectionOptions<Fields>): number | undefined {
  const { dimension, embedder } = options
  if (dimension !== undefined) {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > MAX_DIMENSION) {
      throw new QuiverError(
        'INVALID_OPTION',
        `dimension must be an integer from 1 to ${String(MAX_DIMENSION)}, got ${String(dimension)}.`,
      )
    }
    if (embedder?.dimension !== undefined && embedder.dimension !== dimension) {
      throw new QuiverError(
        'DIMENSION_MISMATCH',
        `dimension is ${String(dimension)}, but ${embedder.id} makes vectors of ${String(embedder.dimension)}. Leave dimension out.`,
      )
    }
  }
  return dimension ?? embedder?.dimension
}

function requestedFields(options: CollectionOptions<Fields>): Fields {
  if (options.fields === undefined) return {}
  validateFields(options.fields)
  return options.fields
}

function requestedQuantization(options: CollectionOptions<Fields>): Quantization {
  const quantization = options.quantization ?? 'auto'
  requireOneOf('quantization', quantization, QUANTIZATIONS)
  return quantization
}

function requestedOriginals({ originals }: CollectionOptions<Fields>): Originals | undefined {
  if (originals !== undefined) requireOneOf('originals', originals, ORIGINALS)
  return originals
}

function indexPolicy(option: IndexOption | undefined): IndexPolicy {
  if (option === undefined || option === 'auto') return { type: 'auto', ...DEFAULT_GRAPH }
  const type: unknown = (option as Partial<typeof option> | null)?.type
  requireOneOf('index.type', type, ['flat', 'hnsw'])
  if (option.type === 'flat') return { type: 'flat' }
  const { M = DEFAULT_GRAPH.M, efConstruction = DEFAULT_GRAPH.efConstruction, efSearch } = option
  requireInteger('index.M', M, 2, 64)
  requireInteger('index.efConstruction', efConstruction, 8, 1000)
  if (efSearch === undefined) return { type: 'hnsw', M, efConstruction }
  requireInteger('index.efSearch', efSearch, 1, MAX_EF)
  return { type: 'hnsw', M, efConstruction, efSearch }
}

function requireInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new QuiverError(
    'INVALID_OPTION',
    `${name} must be an integer from ${String(min)} to ${String(max)}, got ${String(value)}.`,
  )
}

export function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  throw new QuiverError(
    'INVALID_OPTION',
    `${name} must be one of ${allowed.map((each) => `'${each}'`).join(', ')}, got ${describe(value)}.`,
  )
}

/** Any characters, as long as there are some. @throws QuiverError `INVALID_OPTION` */
export function validateName(of: 'database' | 'collection', name: unknown): void {
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH) return
  throw new QuiverError(
    'INVALID_OPTION',
    `The name of a ${of} must be a string of 1 to ${String(MAX_NAME_LENGTH)} characters, got ${describe(name)}.`,
  )
}
