/** What the page asks of the worker itself. */
export interface WorkerOptions {
  /** A worker the page made from `quiverdb/worker`, where a bundler needs to see it made. */
  readonly worker?: Worker | undefined
  /** Where the worker's file is, when a bundler or a policy moved it. */
  readonly workerUrl?: string | URL | undefined
}
