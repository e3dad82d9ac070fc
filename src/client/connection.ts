import { type Remote, wrap } from 'comlink'
import type { RemoteHost } from '../contract/protocol.ts'
import { QuiverError } from '../contract/errors.ts'
import { installErrorTransfer } from '../platform/wire.ts'
import type { WorkerOptions } from './options.ts'

/** The worker and the calls under way through it; a worker that dies fails them instead of leaving them waiting. */
export class Connection {
  readonly host: Remote<RemoteHost>
  readonly #given: Worker | undefined
  readonly #worker: Worker
  readonly #underWay = new Set<(error: QuiverError) => void>()
  /** Aborted when this page is done with the worker. */
  readonly #released = new AbortController()
  #failure: QuiverError | undefined
  /** It has started, and its end will be noticed. */
  #isWatched = false
  #databases = 0

  constructor({ worker: given, workerUrl }: WorkerOptions) {
    this.#given = given
    this.#worker = given ?? startWorker(workerUrl)
    const worker = this.#worker
    this.host = wrap<RemoteHost>(worker)
    worker.addEventListener('error', (event) => {
      // What is thrown beside all calls ends no worker, and the lock tells when one has ended.
      if (this.#isWatched) return
      event.preventDefault()
      this.#fail(event.message)
    })
    worker.addEventListener('messageerror', () => {
      this.#fail('a message could not be read')
    })
    void this.#noticeDeath()
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** @throws QuiverError what the call throws, or `CLOSED` when the worker dies meanwhile */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure
    let reject: (error: QuiverError) => void = () => undefined
    const death = new Promise<never>((_, rejectDeath) => {
      reject = rejectDeath
    })
    this.#underWay.add(reject)
    try {
      return await Promise.race([call(), death])
    } catch (error) {
      throw isUnpostable(error) ? unpostable(error) : error
    } finally {
      this.#underWay.delete(reject)
    }
  }

  databaseOpened(): void {
    this.#databases++
  }

  /** The last one gives the worker, and all its memory, back. One that was given may be given again. */
  databaseClosed(): void {
    this.#databases--
    if (this.#databases === 0 && !this.#given) this.#release()
  }

  /** A worker that is terminated says nothing: it holds a lock, which the browser hands on when it is gone. */
  async #noticeDeath(): Promise<void> {
    const locks = (navigator as Partial<Navigator>).locks
    const lock = await this.host.life().catch(() => undefined)
    if (!locks || lock === undefined) return
    this.#isWatched = true
    await locks
      .request(lock, { signal: this.#released.signal }, () => {
        this.#fail('it was terminated')
      })
      .catch(() => undefined)
  }

  #fail(reason: string): void {
    if (this.#failure || this.#released.signal.aborted) return
    this.#failure = new QuiverError(
      'CLOSED',
      `Quiver's worker stopped (${reason || 'its file could not be loaded'}). What was acknowledged is stored; open the database again. ` +
        'If it never starts, see worker, workerUrl and the Content-Security-Policy notes in the README.',
    )
    for (const reject of this.#underWay) reject(this.#failure)
    this.#underWay.clear()
    this.#release()
  }

  /** A worker the page made is the page's to end. */
  #release(): void {
    this.#released.abort()
    if (!this.#given) this.#worker.terminate()
    if (own === this) own = undefined
    if (this.#given && given.get(this.#given) === this) given.delete(this.#given)
  }
}

function isUnpostable(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === 'DataCloneError'
}

function unpostable(cause: DOMException): QuiverError {
  return new QuiverError(
    'INVALID_RECORD',
    `What was given cannot be sent to the worker (${cause.message}). Give plain data: no functions or class instances, and toRaw(…) of what a framework has wrapped.`,
    { cause },
  )
}

/** To the worker that was started here. */
let own: Connection | undefined
/**
 * To the workers that pages gave, one to each for as long as it lives: were a second made, the worker would be told to listen no
 * more as soon as the first is collected as garbage.
 */
const given = new WeakMap<Worker, Connection>()
let installed = false

/** The page's one worker, started when it is first needed, or the one it gave. */
export function connect(options: WorkerOptions): Connection {
  if (!installed) installErrorTransfer()
  installed = true
  const { worker } = options
  if (!worker) return (own ??= new Connection(options))
  const connection = given.get(worker) ?? new Connection(options)
  given.set(worker, connection)
  return connection
}

function startWorker(workerUrl: string | URL | undefined): Worker {
  if (typeof Worker === 'undefined') {
    throw new QuiverError(
      'UNSUPPORTED',
      "There are no Web Workers here; in Node or inside your own worker use open from 'quiverdb/local'.",
    )
  }
  if (workerUrl !== undefined) return startWorkerAt(workerUrl)
  // Bundlers find the worker by this very expression; it must stay literal.
  return new Worker(new URL('../worker/entry.ts', import.meta.url), { type: 'module' })
}

function startWorkerAt(url: string | URL): Worker {
  try {
    return new Worker(url, { type: 'module' })
  } catch (cause) {
    throw new QuiverError(
      'UNSUPPORTED',
      `No worker can be started from ${String(url)}: browsers take one from the page's own origin only. Serve dist/worker.js there.`,
      { cause },
    )
  }
}
