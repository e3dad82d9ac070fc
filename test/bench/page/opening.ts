/** Storing a collection, and how soon it answers when a page is opened again. */
import { open } from 'quiverdb'

const NAME = 'bench-opening'

/** Seconds without a change in what is stored after which the log counts as folded. It begins after 1.5. */
const QUIET_SECONDS = 5

export interface Opened {
  /** Milliseconds until `open` and `collection` have resolved. */
  readonly openMs: number
  /** Milliseconds until the first search has answered as well. */
  readonly answerMs: number
}

/** Stores a dataset with its graph, and waits until opening has no log to replay. */
export async function store(dataset: string): Promise<void> {
  const { dimension } = (await (await fetch(`/data/${dataset}/about.json`)).json()) as {
    dimension: number
  }
  const rows = new Float32Array(await (await fetch(`/data/${dataset}/rows.f32`)).arrayBuffer())
  const database = await open(NAME)
  const collection = await database.collection('vectors', { dimension, index: { type: 'hnsw' } })
  const ids = Array.from({ length: rows.length / dimension }, (_, row) => String(row))
  await collection.upsert(ids, rows)
  let stored = 0
  for (let quiet = 0; quiet < QUIET_SECONDS; quiet++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { bytes } = await database.stats()
    if (bytes.stored !== stored) quiet = 0
    stored = bytes.stored
  }
  await database.close()
}

/** Opens what is stored and asks once. */
export async function openAndAsk(query: readonly number[]): Promise<Opened> {
  const started = performance.now()
  const database = await open(NAME)
  const collection = await database.collection('vectors')
  const openMs = performance.now() - started
  const hits = await collection.search(query, { k: 10, include: [] })
  const answerMs = performance.now() - started
  if (hits.length !== 10) throw new Error('The stored collection does not answer.')
  await database.close()
  return { openMs, answerMs }
}

/** The floor: milliseconds to read the stored chunks from IndexedDB and do nothing with them, and how many bytes they are. */
export async function readBytes(): Promise<{ ms: number; bytes: number }> {
  const started = performance.now()
  const database = await promised(indexedDB.open(`quiver:${NAME}`))
  const chunks = await promised(
    database.transaction('segments').objectStore('segments').getAll() as IDBRequest<Uint8Array[]>,
  )
  const bytes = chunks.reduce((total, { byteLength }) => total + byteLength, 0)
  database.close()
  return { ms: performance.now() - started, bytes }
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB did not answer.'))
    }
  })
}
