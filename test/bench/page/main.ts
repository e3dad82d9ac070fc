/** Hands what is measured in the browser to the bench, which drives it from outside. */
import { proxy, type Remote, wrap } from 'comlink'
import type { BrowserContender } from '../contenders/names.ts'
import type { Measured } from '../contenders/measure.ts'
import type { Built, ContenderHost } from './contender-worker.ts'
import type { EmbeddingHost } from './embedding-worker.ts'
import type { EngineHost } from './engine-worker.ts'
import type { WordsHost, WordsResult } from './words-worker.ts'
import * as opening from './opening.ts'

const contenders = new Map<BrowserContender, { worker: Worker; host: Remote<ContenderHost> }>()

const bench = {
  /** Builds the contender, in a worker that stays until `stop`. */
  build(name: BrowserContender, dataset: string): Promise<Built> {
    const worker = new Worker(new URL('./contender-worker.ts', import.meta.url), { type: 'module' })
    const host = wrap<ContenderHost>(worker)
    contenders.set(name, { worker, host })
    const onRows = (done: number): void => {
      void window.onRows(name, done)
    }
    return Promise.race([host.build(name, dataset, proxy(onRows)), failureOf(worker)])
  },

  measure(name: BrowserContender, label: string, ef: number): Promise<Measured> {
    return contenders.get(name)!.host.measure(label, ef)
  },

  stop(name: BrowserContender): void {
    contenders.get(name)?.worker.terminate()
    contenders.delete(name)
  },

  /** Texts embedded per second, once for each round. */
  async embed(texts: readonly string[], rounds: number): Promise<number[]> {
    const worker = new Worker(new URL('./embedding-worker.ts', import.meta.url), { type: 'module' })
    const host = wrap<EmbeddingHost>(worker)
    const rates = await Promise.race([host.measure(texts, rounds), failureOf(worker)])
    worker.terminate()
    return rates
  },

  /** Texts indexed by their words, and searched with sentences. */
  async words(
    texts: readonly string[],
    sentences: readonly string[],
    rounds: number,
  ): Promise<WordsResult> {
    const worker = new Worker(new URL('./words-worker.ts', import.meta.url), { type: 'module' })
    const host = wrap<WordsHost>(worker)
    const result = await Promise.race([host.measure(texts, sentences, rounds), failureOf(worker)])
    worker.terminate()
    return result
  },

  filter: (dataset: string, rounds: number) =>
    onEngine((host) => host.filter(dataset, rounds, proxy(onNote))),
  churn: (dataset: string, rounds: number) =>
    onEngine((host) => host.churn(dataset, rounds, proxy(onNote))),
  batch: (dataset: string, rounds: number) =>
    onEngine((host) => host.batch(dataset, rounds, proxy(onNote))),
  columns: (rows: number, rounds: number) => onEngine((host) => host.columns(rows, rounds)),
  memory: (dataset: string) => onEngine((host) => host.memory(dataset, proxy(onNote))),

  ...opening,
}

const onNote = (text: string): void => {
  void window.onNote(text)
}

/** Measures the engine in a worker of its own. */
async function onEngine<T>(measure: (host: Remote<EngineHost>) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' })
  try {
    return await Promise.race([measure(wrap<EngineHost>(worker)), failureOf(worker)])
  } finally {
    worker.terminate()
  }
}

/** A worker that does not even load answers no call. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_resolve, reject) => {
    worker.addEventListener('error', (event) => {
      reject(new Error(event.message || 'The worker did not load.'))
    })
  })
}

declare global {
  interface Window {
    bench: typeof bench
    /** Of the driver: rows that a contender has inserted. */
    onRows(name: BrowserContender, done: number): Promise<void>
    /** Of the driver: what is being measured. */
    onNote(text: string): Promise<void>
  }
}

window.bench = bench
