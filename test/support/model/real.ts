import { type Collection, type Database, deleteDatabase, importDatabase, open } from 'quiverdb'
import { FaultyWorker } from '../faulty-worker.ts'

const OPTIONS = {
  dimension: 3,
  metric: 'l2',
  fields: { tag: 'keyword' },
  index: { type: 'hnsw', M: 4, efConstruction: 40 },
} as const

/** A record as the model knows it. */
export interface Known {
  readonly vector: readonly number[]
  readonly tag: string | undefined
  readonly text: string | undefined
}

/** What the model is: what a database with one collection must hold. */
export type Model = Map<string, Known>

/** The database, in a worker that can be killed. */
export class Real {
  readonly #name: string
  #faulty = new FaultyWorker()
  #handles: Database[] = []
  #collection!: Collection<typeof OPTIONS.fields>

  private constructor(name: string) {
    this.#name = name
  }

  static async create(name: string): Promise<Real> {
    const real = new Real(name)
    await real.openOnceMore()
    return real
  }

  get collection(): Collection<typeof OPTIONS.fields> {
    return this.#collection
  }

  /** Another handle, which is the one in use from now on. */
  async openOnceMore(): Promise<void> {
    const db = await open(this.#name, { worker: this.#faulty.worker })
    this.#handles.push(db)
    this.#collection = await db.collection('c', OPTIONS)
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((db) => db.close()))
    this.#handles = []
  }

  async reopen(): Promise<void> {
    await this.close()
    await this.openOnceMore()
  }

  /** The worker dies; another one opens what is stored. */
  async kill(): Promise<void> {
    this.#faulty.terminate()
    this.#faulty = new FaultyWorker()
    this.#handles = []
    await this.openOnceMore()
  }

  /** What is exported takes its own place. */
  async roundTrip(): Promise<void> {
    const blob = await this.#handles[0]!.export()
    await this.close()
    await importDatabase(this.#name, blob, { worker: this.#faulty.worker, replace: true })
    await this.openOnceMore()
  }

  /** A fold that is due has begun, and ended. */
  folded(): Promise<void> {
    return this.#faulty.quiet(100)
  }

  async emptied(): Promise<void> {
    const db = this.#handles[0]!
    await db.deleteCollection('c')
    const collection = await db.collection('c', OPTIONS)
    // What a worker answered just before it was killed comes too late.
    if (this.#handles[0] === db) this.#collection = collection
  }

  async contents(): Promise<Model> {
    const hits = await this.#collection.search([0, 0, 0], {
      k: 1_000,
      include: ['record', 'vector'],
    })
    const count = await this.#collection.count()
    if (count !== hits.length)
      throw new Error(`${count} records, of which ${hits.length} are found`)
    return new Map(
      hits.map(({ id, vector, record: { tag, text } }) => [id, { vector: [...vector], tag, text }]),
    )
  }

  async end(): Promise<void> {
    await this.close()
    this.#faulty.terminate()
    await deleteDatabase(this.#name)
  }
}
