/** Quiver's worker with an IndexedDB that can be made to fail: the test's side of faults.ts. */

export const MODES = ['throw', 'abort', 'quota', 'lie', 'die', 'issue and die'] as const

/**
 * `throw`: the call throws. `abort`, `quota`: its transaction is aborted, with that reason. `lie`: the transaction commits, and is
 * reported aborted. `die`: the thread ends instead of asking; `issue and die`: once it has asked.
 */
export type FaultMode = (typeof MODES)[number]

export interface Fault {
  /** The number of the request, from 0 on. */
  readonly at: number
  readonly mode: FaultMode
  /** That one alone, or all from there on. */
  readonly lasts: 'once' | 'on'
}

/** Whether a fault of that kind at that request differs from all others. */
export function makesSense(mode: FaultMode, request: string): boolean {
  const isTransaction = request.endsWith('transaction')
  const asksAlone = ['commit', 'open', 'deleteDatabase'].includes(request)
  switch (mode) {
    case 'throw':
    case 'die':
      return true
    case 'abort':
      return !isTransaction && request !== 'open' && request !== 'deleteDatabase'
    case 'quota':
      return /^(add|put) |^commit$/.test(request)
    case 'lie':
      return request === 'readwrite transaction'
    case 'issue and die':
      return asksAlone
  }
}

export type FaultCommand = { faultCommand: true } & (
  | { readonly type: 'arm'; readonly fault: Fault | undefined }
  | { readonly type: 'disarm' }
  | { readonly type: 'quiet'; readonly ms: number }
  | { readonly type: 'report' }
)

export interface FaultReport {
  /** Since it was armed. */
  readonly requests: readonly string[]
  /** Rejections that nobody handled. */
  readonly rejections: readonly string[]
}

export function isCommand(data: unknown): data is FaultCommand {
  return typeof data === 'object' && data !== null && 'faultCommand' in data
}

export class FaultyWorker {
  readonly worker = new Worker(new URL('../fixtures/fault-worker.ts', import.meta.url), {
    type: 'module',
  })
  /** Resolves when a fault has ended the thread. */
  readonly died: Promise<void>
  #isDead = false

  constructor() {
    this.died = new Promise((resolve) => {
      this.worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data !== 'object' || data === null || !('died' in data)) return
        this.terminate()
        resolve()
      })
    })
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Counts requests from now on; the one that `fault` names fails. */
  async arm(fault: Fault | undefined): Promise<void> {
    await this.#tell({ faultCommand: true, type: 'arm', fault })
  }

  async disarm(): Promise<void> {
    await this.#tell({ faultCommand: true, type: 'disarm' })
  }

  report(): Promise<FaultReport> {
    return this.#tell({ faultCommand: true, type: 'report' })
  }

  /** Resolves when IndexedDB was left alone for so many milliseconds. */
  async quiet(ms: number): Promise<void> {
    await this.#tell({ faultCommand: true, type: 'quiet', ms })
  }

  terminate(): void {
    this.#isDead = true
    this.worker.terminate()
  }

  async #tell(command: FaultCommand): Promise<FaultReport> {
    if (this.#isDead) return { requests: [], rejections: [] }
    const { port1, port2 } = new MessageChannel()
    return new Promise((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<FaultReport>) => {
        port1.close()
        resolve(data)
      }
      this.worker.postMessage(command, [port2])
    })
  }
}
