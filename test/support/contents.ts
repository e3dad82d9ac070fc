/** All that a database answers about a few records, as text that can be compared. */
import type { Database, Fields, StoredRecord } from 'quiverdb'

/** Texts longer than this are told by their length and a checksum. */
const LONG = 1_000

export async function contentsOf(db: Database, ids: readonly string[]): Promise<string> {
  const contents: Record<string, unknown> = {}
  for (const name of (await db.collections()).sort()) {
    const collection = await db.collection<Fields>(name)
    const { rows, dimension, metric, quantization, embedder } = await collection.stats()
    const records: StoredRecord[] = []
    for (const id of ids) {
      const record = await collection.get(id)
      if (record) records.push(record)
    }
    const hits =
      dimension === undefined
        ? []
        : await collection.search(new Float32Array(dimension).fill(0.5), { k: 1_000, include: [] })
    contents[name] = {
      facts: { rows, dimension, metric, quantization, embedder },
      records,
      found: hits.map(({ id }) => id).sort(),
      evens: await collection.count({ parity: 'even' }).catch(() => 'not declared'),
    }
  }
  return JSON.stringify(contents, (_, value: unknown) => {
    if (value instanceof Float32Array) return [...value]
    return typeof value === 'string' && value.length > LONG ? digest(value) : value
  })
}

/** FNV-1a. */
export function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return `${String(text.length)} characters, ${(hash >>> 0).toString(16)}`
}
