import { readAsset } from '../../../platform/asset.ts'
import * as glue from '../../../../rust-wasm/pkg/threads/core.js'
import type { Build } from '../build.ts'
import { Helpers } from './helpers.ts'

/** More would wait for the machine's memory, not compute. */
const MAX_THREADS = 8

let loading: Promise<Build | undefined> | undefined

/** The build with threads, once for each thread; `undefined` where it cannot run or is not to be had. */
export function loadThreads(): Promise<Build | undefined> {
  loading ??= load().catch(() => undefined)
  return loading
}

async function load(): Promise<Build | undefined> {
  const threads = threadCount()
  if (threads < 2) return undefined
  const url = new URL('../../../../rust-wasm/pkg/threads/core_bg.wasm', import.meta.url)
  const module = await WebAssembly.compile(Uint8Array.from(await readAsset(url)))
  const { memory } = glue.initSync({ module })
  glue.setThreads(threads)
  const helpers = new Helpers(threads - 1, { module, memory })
  return {
    get name() {
      const present = glue.threads()
      return `wasm ${glue.kernels()}${present > 1 ? `, ${present} threads` : ''}`
    },
    memory,
    glue,
    callHelpers(items) {
      helpers.call(items)
    },
  }
}

function threadCount(): number {
  // Not there in Node, nor in older browsers.
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean }
  if (!crossOriginIsolated || typeof Worker === 'undefined' || !canWait()) return 1
  return Math.min(navigator.hardwareConcurrency, MAX_THREADS)
}

/** A page's own thread may not. */
function canWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)
    return true
  } catch {
    return false
  }
}
