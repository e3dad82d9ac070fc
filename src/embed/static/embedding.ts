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

  /** One matrix of texts × dimension: unit rows, or zeros where no token of the text has a meaning. */
  async embed(texts: readonly string[], slices: Slices): Promise<Float32Array> {
    const { dimension } = this.#model
    const matrix = new Float32Array(texts.length * dimension)
    // In f64: in f32, a sum over the words of a book would round away the last ones.
    const sum = new Float64Array(dimension)
    for (const [row, text] of texts.entries()) {
      sum.fill(0)
      for (const piece of cutAtSpaces(text)) {
        for (const token of this.#wordPiece.rows(piece)) this.#add(token, sum)
        await slices.pause()
      }
      writeUnit(sum, matrix.subarray(row * dimension, (row + 1) * dimension))
    }
    return matrix
  }

  #add(row: number, sum: Float64Array): void {
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

function writeUnit(sum: Float64Array, vector: Float32Array): void {
  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0))
  if (length > 0) vector.set(sum.map((value) => value / length))
}
