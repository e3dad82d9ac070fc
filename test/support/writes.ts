/** Counts what is handed to IndexedDB on this thread. */
import { replaceMethod } from './idb.ts'

export interface Writes {
  readonly bytes: number
  /** Of snapshots. */
  readonly chunks: number
  stop(): void
}

export function countWrites(): Writes {
  let [bytes, chunks] = [0, 0]
  const counting = (original: IDBObjectStore['put']): IDBObjectStore['put'] =>
    function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      bytes += sizeOf(value)
      if (this.name === 'segments') chunks++
      return original.call(this, value, key)
    }
  const restore = (['add', 'put'] as const).map((method) =>
    replaceMethod(IDBObjectStore.prototype, method, counting),
  )
  return {
    get bytes() {
      return bytes
    },
    get chunks() {
      return chunks
    },
    stop() {
      for (const each of restore) each()
    },
  }
}

function sizeOf(value: unknown): number {
  return ArrayBuffer.isView(value) ? value.byteLength : JSON.stringify(value).length
}
