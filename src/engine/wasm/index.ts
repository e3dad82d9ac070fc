export { loadWasmEngine, type WasmOptions } from './load.ts'
