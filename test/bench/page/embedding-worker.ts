import { expose } from 'comlink'
import { staticModel } from 'quiverdb/embed/static'

const host = {
  /** Texts embedded per second, once for each round after one that loads the model and warms up. */
  async measure(texts: readonly string[], rounds: number): Promise<number[]> {
    const model = staticModel()
    await model.embed(texts, { role: 'document' })
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) {
      const started = performance.now()
      await model.embed(texts, { role: 'document' })
      rates.push((texts.length / (performance.now() - started)) * 1000)
    }
    return rates
  },
}

export type EmbeddingHost = typeof host

expose(host)
