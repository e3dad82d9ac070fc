/** Search by words: an inverted index over the rows of a collection, scored by BM25. */
import type { WordClause } from '../../contract/words.ts'

/** The words of a row: of each field the term at each position, `undefined` for a word that is not indexed. */
export interface WordRow {
  readonly row: number
  readonly fields: readonly (readonly (string | undefined)[])[]
}

export interface WordSearchOptions {
  readonly k: number
  /** Rows that may be found: one bit for each, lowest bit of a byte first. */
  readonly mask?: Uint8Array | undefined
  /** What each field's scores are taken times, 0: it is not searched. Default: 1 for all. */
  readonly boosts?: readonly number[] | undefined
  /** How soon further occurrences of a term count no more; default 1.2. */
  readonly k1?: number | undefined
  /** How much the length of texts counts, 0 to 1; default 0.75. */
  readonly b?: number | undefined
}

/** Rows with their scores, best first, equal ones in the order of rows. */
export interface WordHits {
  readonly rows: Uint32Array
  readonly scores: Float32Array
}

/** An index of words. Rows come in ascending order and are never reused; those without words need not come at all. */
export interface WordIndex {
  /** How many fields it has. */
  readonly fields: number
  /** One more than the last row with words, or than the last that was loaded. */
  readonly rows: number
  /** Different terms ever met. */
  readonly terms: number
  /** Bytes of memory held. */
  readonly bytes: number

  /** Makes room for rows, so that appending them next cannot fail. @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY` */
  prepare(rows: readonly WordRow[]): void
  /** Appends rows, all or none. @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY` */
  append(rows: readonly WordRow[]): void
  /** Removes rows. Scores are at once as if they had never been; those without words are passed over. */
  remove(rows: Iterable<number>): void

  /**
   * The best rows for the clauses. Where there are none but `must_not`, none are found. A prefix or fuzzy word stands for
   * 64 terms at most, the nearest and most frequent; under `must_not` for all.
   * @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY`
   */
  search(clauses: readonly WordClause[], options: WordSearchOptions): WordHits
  /** The terms that the clauses of the last search stood for, but those of `must_not`: what a highlight marks. */
  searchedTerms(): Set<string>

  /**
   * A chunk to save: the rows from `from`, a multiple of 16,384, to before `to`, at most so many. Removed rows are in it;
   * remove them again once it is loaded. Only the last chunk of an index ever changes.
   */
  encode(from: number, to: number): Uint8Array<ArrayBuffer>
  /** Appends the rows of a saved chunk, the one after those there are. @throws QuiverError `CORRUPT`, `NEWER_FORMAT` */
  load(chunk: Uint8Array): void

  /**
   * The same words under new rows: of each old row its new one, ascending, or 0xffff_ffff where it is gone. Terms that
   * nothing holds any more are forgotten. This index stays as it is.
   */
  renumbered(rows: Uint32Array): WordIndex
  /** Gives the memory back; no call may follow. */
  free(): void
}

/** What makes indexes of words. */
export interface WordsEngine {
  /** An index without rows. @throws QuiverError `INVALID_OPTION`, `OUT_OF_MEMORY` */
  create(fields: number): WordIndex
}
