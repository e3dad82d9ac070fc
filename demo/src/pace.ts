/** How fast a count grows, over the last few seconds. */
export class Pace {
  readonly #samples: { readonly at: number; readonly count: number }[] = []
  readonly #windowMs: number

  constructor(windowMs = 6_000) {
    this.#windowMs = windowMs
  }

  /** Takes a reading. @returns how many a second; `undefined` until there are two readings */
  read(count: number, at: number): number | undefined {
    this.#samples.push({ at, count })
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > this.#windowMs) {
      this.#samples.shift()
    }
    const oldest = this.#samples[0]!
    if (at === oldest.at) return undefined
    return ((count - oldest.count) / (at - oldest.at)) * 1000
  }
}
