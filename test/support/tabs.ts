/** Tabs of one page, as far as Quiver can tell: each has a worker of its own. */
import { type Database, deleteDatabase, open, type OpenOptions } from 'quiverdb'

export interface Tab {
  readonly db: Database
  /** Keeps the worker from everything else, in milliseconds. */
  readonly keepBusy: (time: number) => void
  /** Makes the worker throw where no call is told. Resolves when the page has heard of it. */
  readonly stray: () => Promise<void>
  /** As the browser kills the process of a tab: nothing gets to say goodbye. */
  readonly kill: () => void
  /** Another handle of the same database in the same tab. */
  readonly open: () => Promise<Database>
  close(): Promise<void>
  /** Deletes the database, in this tab. */
  delete(): Promise<void>
}

export async function openTab(name: string, options: OpenOptions = {}): Promise<Tab> {
  const url = new URL('../fixtures/busy-worker.ts', import.meta.url)
  const worker = new Worker(url, { type: 'module' })
  try {
    const db = await open(name, { ...options, worker })
    return {
      db,
      keepBusy: (time) => {
        worker.postMessage({ busy: time })
      },
      stray: () =>
        new Promise((resolve) => {
          const heard = (event: ErrorEvent): void => {
            event.preventDefault()
            resolve()
          }
          worker.addEventListener('error', heard, { once: true })
          worker.postMessage({ stray: 'beside all calls' })
        }),
      kill: () => {
        worker.terminate()
      },
      open: () => open(name, { ...options, worker }),
      async close() {
        await db.close()
        worker.terminate()
      },
      delete: () => deleteDatabase(name, { worker }),
    }
  } catch (error) {
    worker.terminate()
    throw error
  }
}
