/**
 * What the bench uses of the rivals, which are not installed where types are checked.
 * As their own declarations (hnswlib-wasm 0.8.2, edgevec 0.9.0, hnswlib-node 3.0.0) and, for the memory, their code say.
 */

declare module 'hnswlib-wasm' {
  interface HierarchicalNSW {
    initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void
    addPoints(
      items: readonly Float32Array[],
      labels: readonly number[],
      replaceDeleted: boolean,
    ): void
    setEfSearch(ef: number): void
    searchKnn(query: Float32Array, k: number, filter: undefined): { neighbors: number[] }
  }
  interface Library {
    readonly HEAPU8: Uint8Array
    readonly HierarchicalNSW: new (
      space: 'ip',
      dimension: number,
      autoSaveFilename: string,
    ) => HierarchicalNSW
  }
  export function loadHnswlib(): Promise<Library>
}

declare module 'edgevec' {
  export default function init(): Promise<{ readonly memory: WebAssembly.Memory }>
  export class EdgeVecConfig {
    constructor(dimension: number)
    metric: 'l2'
    m: number
    m0: number
    ef_construction: number
    ef_search: number
  }
  export class EdgeVec {
    constructor(config: EdgeVecConfig)
    insertBatchFlat(matrix: Float32Array, count: number): Uint32Array
    search(query: Float32Array, k: number): { id: number; score: number }[]
    memoryUsage(): number
  }
}

declare module 'hnswlib-node' {
  export class HierarchicalNSW {
    constructor(space: 'ip', dimension: number)
    initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void
    addPoint(vector: number[], label: number): void
    setEf(ef: number): void
    searchKnn(query: number[], k: number): { neighbors: number[] }
    writeIndexSync(file: string): void
  }
}
