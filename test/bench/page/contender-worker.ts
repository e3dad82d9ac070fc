import { expose } from 'comlink'
import type { Build, Contender, Data, Footprint } from '../contenders/contender.ts'
import { measure, type Measured } from '../contenders/measure.ts'
import type { BrowserContender } from '../contenders/names.ts'
import { loadData } from './load-data.ts'

const relaxed = new URL('../../../rust-wasm/pkg/relaxed/core_bg.wasm', import.meta.url)
const simd128 = new URL('../../../rust-wasm/pkg/simd128/core_bg.wasm', import.meta.url)

/** Loaded one by one: no contender shares a thread or a bundle with another. */
const builds: Record<BrowserContender, () => Promise<Build>> = {
  'quiver-relaxed': async () =>
    (await import('../contenders/quiver.ts')).buildQuiver('quiver, relaxed SIMD', relaxed),
  'quiver-simd128': async () =>
    (await import('../contenders/quiver.ts')).buildQuiver('quiver, simd128', simd128),
  'quiver-collection': async () =>
    (await import('../contenders/quiver-collection.ts')).buildCollection(relaxed),
  'hnswlib-wasm': async () => (await import('../contenders/hnswlib-wasm.ts')).buildHnswlibWasm,
  edgevec: async () => (await import('../contenders/edgevec.ts')).buildEdgeVec,
}

export interface Built {
  readonly buildMs: number
  readonly bytes: Footprint
  /** The ways to ask it. */
  readonly labels: readonly string[]
}

let contender: Contender | undefined
let truth: Data['truth'] = new Uint32Array()

const host = {
  async build(
    name: BrowserContender,
    dataset: string,
    onRows: (done: number) => void,
  ): Promise<Built> {
    const data = await loadData(dataset)
    const build = await builds[name]()
    contender = await build(data, onRows)
    truth = data.truth
    const { buildMs, bytes, asks } = contender
    return { buildMs, bytes, labels: Object.keys(asks) }
  },

  measure(label: string, ef: number): Promise<Measured> {
    const ask = contender?.asks[label]
    if (!ask) throw new Error(`There is no ${label} here.`)
    return measure(ask, ef, truth)
  },
}

export type ContenderHost = typeof host

expose(host)
