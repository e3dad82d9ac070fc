/** What is fuzzed: a decoder, valid inputs to start from, and what must hold of every input. */

/** Byte strings that belong together, such as the chunks of an index. */
export type Parts = readonly Uint8Array[]

export interface Target {
  readonly name: string
  /** Valid inputs, from which others are made. */
  readonly samples: readonly Parts[]
  /** Makes the checksums of a part that was changed true again, in place, so that what lies behind them is reached. */
  readonly seal?: (part: Uint8Array) => void
  /** Where JSON begins in the first part, if it holds any: it is then changed as JSON, too. */
  readonly jsonFrom?: number
  /**
   * Decodes the parts, uses what it gets, encodes that and decodes it again.
   * @throws QuiverError where the bytes are refused; whatever else is thrown is a find
   */
  readonly read: (parts: Parts) => void | Promise<void>
}
