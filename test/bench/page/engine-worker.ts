import { expose } from 'comlink'
import { loadWasmEngine } from '../../../src/engine/wasm/index.ts'
import { type BatchResult, measureBatches } from '../engine/batch.ts'
import { type ChurnResult, measureChurn } from '../engine/churn.ts'
import { type ColumnsResult, measureColumns } from '../engine/columns.ts'
import type { Note } from '../engine/common.ts'
import { type FilterResult, measureFilters } from '../engine/filter.ts'
import { measureMemory, type MemoryResult } from '../engine/memory.ts'
import { loadData } from './load-data.ts'

const wasmUrl = new URL('../../../rust-wasm/pkg/relaxed/core_bg.wasm', import.meta.url)

const host = {
  async filter(dataset: string, rounds: number, note: Note): Promise<FilterResult> {
    const [engine, data] = await Promise.all([loadWasmEngine({ wasmUrl }), loadData(dataset)])
    return measureFilters(engine, data, rounds, note)
  },

  async churn(dataset: string, rounds: number, note: Note): Promise<ChurnResult> {
    const [engine, data] = await Promise.all([loadWasmEngine({ wasmUrl }), loadData(dataset)])
    return measureChurn(engine, data, rounds, note)
  },

  async batch(dataset: string, rounds: number, note: Note): Promise<BatchResult> {
    const [engine, data] = await Promise.all([loadWasmEngine({ wasmUrl }), loadData(dataset)])
    return measureBatches(engine, data, rounds, note)
  },

  columns(rows: number, rounds: number): ColumnsResult[] {
    return measureColumns(rows, rounds)
  },

  async memory(dataset: string, note: Note): Promise<MemoryResult[]> {
    return measureMemory(wasmUrl, await loadData(dataset), note)
  },
}

export type EngineHost = typeof host

expose(host)
