/**
 * Makes IndexedDB fail at one request of a worker. The worker imports this before all else; the test tells it what is to fail
 * through `FaultyWorker`. A request is every call that asks the browser for something, counted from `arm` on.
 */
import {
  type Fault,
  type FaultCommand,
  type FaultReport,
  isCommand,
  makesSense,
} from './faulty-worker.ts'

/** Thrown where the thread that called is thought dead. */
const dead = () => new DOMException('This thread has died.', 'UnknownError')
const injected = (name: string) => new DOMException('A fault was injected here.', name)

let fault: Fault | undefined
let requests: string[] = []
let rejections: string[] = []
let hasDied = false
let underWay = 0
let lastHeard = 0
const uncommitted = new Set<IDBTransaction>()

function die(asking: IDBTransaction | null): never {
  hasDied = true
  // The browser aborts what a thread that died had not committed; here it would commit on its own.
  for (const transaction of asking ? [asking, ...uncommitted] : uncommitted) abort(transaction)
  postMessage({ died: true })
  close()
  throw dead()
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over.
  }
}

function failWith(transaction: IDBTransaction, error: DOMException): void {
  Object.defineProperty(transaction, 'error', { value: error })
}

/** Commits, and says it did not. */
function lieAbout(transaction: IDBTransaction): void {
  transaction.addEventListener('complete', (event) => {
    event.stopImmediatePropagation()
    failWith(transaction, injected('UnknownError'))
    transaction.dispatchEvent(new Event('abort'))
  })
}

function request<T>(name: string, transaction: IDBTransaction | null, issue: () => T): T {
  if (hasDied) throw dead()
  lastHeard = performance.now()
  const at = requests.push(name) - 1
  const isHit = fault?.lasts === 'on' ? at >= fault.at : at === fault?.at
  if (!fault || !isHit || !makesSense(fault.mode, name)) return issue()
  const { mode } = fault
  if (mode === 'throw') throw injected('UnknownError')
  if (mode === 'die') die(transaction)
  if (transaction && mode !== 'lie' && mode !== 'issue and die') {
    failWith(transaction, injected(mode === 'quota' ? 'QuotaExceededError' : 'UnknownError'))
    // A transaction that was told to commit can no longer be aborted.
    const issued = name === 'commit' ? undefined : issue()
    abort(transaction)
    return issued as T
  }
  const issued = issue()
  if (mode === 'issue and die') die(null)
  if (mode === 'lie') lieAbout(issued as IDBTransaction)
  return issued
}

/** Puts `make(original)` in the place of methods. */
function replace<T extends object>(
  target: T,
  names: readonly (keyof T & string)[],
  requestOf: (self: T, name: string, issue: () => unknown, args: unknown[]) => unknown,
): void {
  for (const name of names) {
    const original = target[name] as (...args: unknown[]) => unknown
    target[name] = function (this: T, ...args: unknown[]) {
      return requestOf(this, name, () => original.apply(this, args), args)
    } as T[typeof name]
  }
}

replace(IDBFactory.prototype, ['open', 'deleteDatabase'], (_, name, issue) =>
  request(name, null, issue),
)
replace(IDBDatabase.prototype, ['transaction'], (_, __, issue, [, mode = 'readonly']) => {
  const transaction = request(`${String(mode)} transaction`, null, issue) as IDBTransaction
  watch(transaction)
  return transaction
})
replace(
  IDBObjectStore.prototype,
  [
    ...(['add', 'put', 'delete', 'clear', 'get', 'getAll', 'getKey', 'getAllKeys'] as const),
    ...(['count', 'openCursor', 'openKeyCursor'] as const),
  ],
  (store, name, issue) => request(`${name} ${store.name}`, store.transaction, issue),
)
replace(IDBTransaction.prototype, ['commit'], (transaction, _, issue) =>
  request('commit', transaction, () => {
    uncommitted.delete(transaction)
    return issue()
  }),
)

function watch(transaction: IDBTransaction): void {
  underWay++
  uncommitted.add(transaction)
  const over = () => {
    underWay--
    lastHeard = performance.now()
    uncommitted.delete(transaction)
  }
  // Whichever comes first: a lie is told by an event of its own.
  const once = new AbortController()
  for (const type of ['complete', 'abort']) {
    transaction.addEventListener(
      type,
      () => {
        once.abort()
        over()
      },
      { signal: once.signal },
    )
  }
}

/** Resolves when nothing was asked of IndexedDB for that long. */
async function quiet(ms: number): Promise<void> {
  while (underWay > 0 || performance.now() - lastHeard < ms) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function obey(command: FaultCommand): Promise<FaultReport> {
  if (command.type === 'arm') {
    fault = command.fault
    requests = []
    rejections = []
  } else if (command.type === 'disarm') {
    fault = undefined
  } else if (command.type === 'quiet') {
    lastHeard = performance.now()
    await quiet(command.ms)
  }
  return { requests, rejections }
}

addEventListener('unhandledrejection', (event) => {
  rejections.push(String(event.reason))
})

addEventListener('message', (event) => {
  const { data, ports } = event as MessageEvent<unknown>
  if (!isCommand(data)) return
  event.stopImmediatePropagation()
  void obey(data).then((report) => {
    ports[0]?.postMessage(report)
  })
})
