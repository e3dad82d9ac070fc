// The first visit: every definition is loaded, embedded and kept, a file at a time and always in the
// same order. A file is acknowledged whole or not at all, so the number of definitions kept says
// where to go on after the page was closed half way.

import { loadBatch, manifest } from './definitions.ts'
import type { Dictionary } from './dictionary.ts'

export interface IndexingProgress {
  /** Definitions acknowledged: kept, and found by every search from now on. */
  readonly stored: number
  /** Of these, the ones kept by an earlier visit. */
  readonly found: number
  readonly total: number
}

/** Indexes the first `limit` definitions, or what is missing of them. One tab does it; when that is closed, the next goes on. */
export async function indexDefinitions(
  dictionary: Dictionary,
  limit: number,
  onProgress: (progress: IndexingProgress) => void,
): Promise<void> {
  const total = Math.min(limit, manifest.total)
  const found = await dictionary.count()
  onProgress({ stored: Math.min(found, total), found, total })
  if (found >= total) return
  await navigator.locks.request('indexing definitions', () =>
    indexMissing(dictionary, total, onProgress),
  )
}

async function indexMissing(
  dictionary: Dictionary,
  total: number,
  onProgress: (progress: IndexingProgress) => void,
): Promise<void> {
  const { batchSize } = manifest
  const found = await dictionary.count()
  onProgress({ stored: Math.min(found, total), found, total })
  if (found >= total) return

  const batches = Math.ceil(total / batchSize)
  // A file of which an earlier visit with a limit kept only a part is written again, whole.
  const first = Math.floor(found / batchSize)
  let next = loadBatch(first)
  for (let i = first; i < batches; i++) {
    const entries = await next
    if (i + 1 < batches) {
      next = loadBatch(i + 1)
      // It fails for whoever awaits it, after the batch in hand is kept.
      next.catch(() => undefined)
    }
    await dictionary.add(entries.slice(0, total - i * batchSize))
    onProgress({ stored: Math.min((i + 1) * batchSize, total), found, total })
  }
}
