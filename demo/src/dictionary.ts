// The reverse dictionary: everything this page asks of Quiver.

import {
  open,
  QuiverError,
  type Collection,
  type CollectionStats,
  type Database,
  type DatabaseStats,
  type Role,
  type SearchInfo,
} from 'quiverdb'

const partsOfSpeech = ['noun', 'verb', 'adj', 'adv'] as const
export type PartOfSpeech = (typeof partsOfSpeech)[number]

export const isPartOfSpeech = (text: string): text is PartOfSpeech =>
  partsOfSpeech.some((part) => part === text)

/** A meaning and the words for it. */
export interface Entry {
  /** Part of speech and number: `noun14406171`. */
  readonly id: string
  readonly words: readonly string[]
  readonly definition: string
  /** With their quotation marks. */
  readonly examples: readonly string[]
}

export interface Question {
  readonly meaning: string
  /** The id of an entry: asks for more like it, whatever `meaning` says. */
  readonly like: string | undefined
  readonly partOfSpeech: PartOfSpeech | undefined
  /** Entries wanted. */
  readonly k: number
}

export interface Answer {
  /** Closest first. */
  readonly found: readonly (Entry & { readonly score: number })[]
  /** The entry the others are like, where the question named one. */
  readonly seed: Entry | undefined
  /** Definitions that were searched. */
  readonly count: number
  /** From the question to the answer, as this page waited for it. */
  readonly milliseconds: number
  readonly info: SearchInfo
}

export interface Stats {
  readonly database: DatabaseStats
  readonly definitions: CollectionStats
}

/** Definitions are what is embedded; the words come along and the part of speech can be filtered on. */
const fields = { pos: 'keyword' } as const
type Definitions = Collection<typeof fields>

/** The part of speech that an entry's id begins with. */
export function partOfSpeechOf({ id }: Entry): PartOfSpeech {
  return partsOfSpeech.find((part) => id.startsWith(part)) ?? 'noun'
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

const toEntry = (record: { id: string; text?: string; [property: string]: unknown }): Entry => ({
  id: record.id,
  words: strings(record['words']),
  definition: record.text ?? '',
  examples: strings(record['examples']),
})

export class Dictionary {
  readonly #db: Database
  readonly #definitions: Definitions

  private constructor(db: Database, definitions: Definitions) {
    this.#db = db
    this.#definitions = definitions
  }

  /** Opens what is kept in the database `name`. Each version of the data is a collection of its own; older ones go. */
  static async open(name: string, version: string): Promise<Dictionary> {
    const db = await open(name, { storage: 'indexeddb' })
    for (const kept of await db.collections()) {
      if (kept !== version) await db.deleteCollection(kept)
    }
    return new Dictionary(db, await openDefinitions(db, version))
  }

  count(): Promise<number> {
    return this.#definitions.count()
  }

  /** Resolves when the entries are kept and can be found; all of them or none. */
  async add(entries: readonly Entry[]): Promise<void> {
    await this.#definitions.upsert(
      entries.map((entry) => ({
        id: entry.id,
        text: entry.definition,
        pos: partOfSpeechOf(entry),
        words: entry.words,
        examples: entry.examples,
      })),
    )
  }

  /** @throws QuiverError `ABORTED` when `signal` says so, `NOT_FOUND` when there is no entry to be like */
  async ask({ meaning, like, partOfSpeech, k }: Question, signal: AbortSignal): Promise<Answer> {
    const start = performance.now()
    const where = partOfSpeech === undefined ? undefined : { pos: partOfSpeech }
    const query = like === undefined ? meaning : { id: like }
    // An entry is most like itself, which nobody asks: one more is looked for and that one left out.
    const wanted = like === undefined ? k : k + 1
    const [hits, seed, count] = await Promise.all([
      this.#definitions.search(query, { k: wanted, where, signal }),
      like === undefined ? undefined : this.#definitions.get(like),
      this.count(),
    ])
    const others = hits.filter((hit) => hit.id !== like).slice(0, k)
    return {
      found: others.map(({ record, score }) => ({ ...toEntry(record), score })),
      seed: seed && toEntry(seed),
      count,
      milliseconds: performance.now() - start,
      info: hits.info,
    }
  }

  async stats(): Promise<Stats> {
    const [database, definitions] = await Promise.all([this.#db.stats(), this.#definitions.stats()])
    return { database, definitions }
  }

  /** Tells which tab has the data in its memory, now and whenever that changes. */
  followRole(listener: (role: Role) => void): void {
    listener(this.#db.status.role)
    this.#db.on('role', listener)
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/** Vectors of another model cannot be compared with ours, but the definitions can be indexed again. */
async function openDefinitions(db: Database, name: string): Promise<Definitions> {
  try {
    return await db.collection(name, { fields })
  } catch (error) {
    const outdated =
      error instanceof QuiverError &&
      (error.code === 'EMBEDDER_MISMATCH' || error.code === 'OPTIONS_MISMATCH')
    if (!outdated) throw error
    await db.deleteCollection(name)
    return db.collection(name, { fields })
  }
}
