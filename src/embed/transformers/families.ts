/** How the vectors of a text's tokens become the one vector of the text. */
export type Pooling = 'mean' | 'cls' | 'last'

/** Put before a text, by what it is embedded as. */
export interface Prefixes {
  readonly query: string
  readonly document: string
}

/** How the authors of a family of models say it is to be used for retrieval. */
export interface Family {
  readonly pooling: Pooling
  readonly prefixes: Prefixes
}

const NO_PREFIXES: Prefixes = { query: '', document: '' }
const SEARCHING = 'Represent this sentence for searching relevant passages: '

/**
 * From the models' cards on the hub. The first pattern that matches a model's name counts.
 * A change here changes vectors; the embedder's id carries pooling and prefixes, so it is noticed.
 */
const FAMILIES: readonly (readonly [name: RegExp, family: Family])[] = [
  // intfloat/e5-*, intfloat/multilingual-e5-*; the instruct ones take a task description instead
  [
    /\be5-(?!.*(instruct|mistral))/,
    { pooling: 'mean', prefixes: { query: 'query: ', document: 'passage: ' } },
  ],
  // BAAI/bge-*-en, bge-*-en-v1.5
  [/\bbge-.*-en\b/, { pooling: 'cls', prefixes: { query: SEARCHING, document: '' } }],
  // BAAI/bge-m3
  [/\bbge-/, { pooling: 'cls', prefixes: NO_PREFIXES }],
  // mixedbread-ai/mxbai-embed-large-v1
  [/\bmxbai-embed-/, { pooling: 'cls', prefixes: { query: SEARCHING, document: '' } }],
  // Snowflake/snowflake-arctic-embed-{m,l}-v2.0
  [/\barctic-embed-.*v2/, { pooling: 'cls', prefixes: { query: 'query: ', document: '' } }],
  // Snowflake/snowflake-arctic-embed-{xs,s,m,l}
  [/\barctic-embed-/, { pooling: 'cls', prefixes: { query: SEARCHING, document: '' } }],
  // nomic-ai/nomic-embed-text-v1, v1.5
  [
    /\bnomic-embed-text-/,
    { pooling: 'mean', prefixes: { query: 'search_query: ', document: 'search_document: ' } },
  ],
  // Alibaba-NLP/gte-*-v1.5, gte-modernbert-base, gte-multilingual-base
  [/\bgte-.*(v1\.5|modernbert|multilingual)/, { pooling: 'cls', prefixes: NO_PREFIXES }],
]

/** As sentence-transformers' models are used where their cards say nothing else. */
const SENTENCE_TRANSFORMERS: Family = { pooling: 'mean', prefixes: NO_PREFIXES }

export function familyOf(model: string): Family {
  const name = model.toLowerCase()
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? SENTENCE_TRANSFORMERS
}
