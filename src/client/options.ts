/** What the page asks of the worker itself. */
export interface WorkerOptions {
  /** A module worker the page started itself from the package's `dist/worker.js`; the page ends it, too. */
  readonly worker?: Worker | undefined
  /** Where the worker's file is, when a bundler or a policy moved it. */
  readonly workerUrl?: string | URL | undefined
}
