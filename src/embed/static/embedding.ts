import type { Slices } from '../../platform/task.ts'
import type { StaticModel } from './format.ts'
import { WordPiece } from './wordpiece.ts'

/** How much of a text is tokenised at once, in UTF-16 units: its words must not all be in memory together. */
const PIECE_LENGTH = 4096

/** Sums token vectors. They stay in their 4 bits: unpacking costs less than the memory of the f32 would. */
export class StaticEmbedding {
  readonly #model: StaticModel
  readonly #wordPiece: WordPiece

  constructor(model: StaticModel) {
    this.#model = model
    this.#wordPiece = new WordPiece(model.tokens)
  }

  /** Writes the text's unit vector into `vector`, which comes zeroed and stays so when no token has a meaning. */
  async embed(text: string, vector: Float32Array, slices: Slices): Promise<void> {
    for (const piece of cutAtSpaces(text)) {
      for (const row of this.#wordPiece.rows(piece)) this.#add(row, vector)
      if (piece.length < text.length) await slices.pause()
    }
    normalise(vector)
  }

  #add(row: number, sum: Float32Array): void {
    const { dimension, groupSize, scales, codes } = this.#model
    let scaleAt = (row * dimension) / groupSize
    let codeAt = (row * dimension) / 2
    for (let group = 0; group < dimension; group += groupSize) {
      const scale = scales[scaleAt++]!
      for (let i = group; i < group + groupSize; i += 2) {
        const pair = codes[codeAt++]!
        sum[i]! += ((pair & 15) - 8) * scale
        sum[i + 1]! += ((pair >> 4) - 8) * scale
      }
    }
  }
}

/** Pieces that make up the text, cut after a space where there is one within reach. */
function* cutAtSpaces(text: string): Generator<string> {
  let start = 0
  while (text.length - start > PIECE_LENGTH) {
    const limit = start + PIECE_LENGTH
    let end = limit
    while (end > start && text.charCodeAt(end - 1) > 0x20) end--
    if (end === start) end = isLowSurrogate(text.charCodeAt(limit)) ? limit - 1 : limit
    yield text.slice(start, end)
    start = end
  }
  yield text.slice(start)
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function normalise(vector: Float32Array): void {
  let squares = 0
  for (const value of vector) squares += value * value
  if (squares === 0) return
  const inverse = 1 / Math.sqrt(squares)
  for (let i = 0; i < vector.length; i++) vector[i]! *= inverse
}
