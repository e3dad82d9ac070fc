/** What export and import share: a collection written out whole, and how far that is. */
import type { CallOptions, Progress } from '../../contract/api.ts'
import { ProgressReporter } from '../../platform/progress.ts'
import type { ChunkRef, Storage } from '../../storage/index.ts'
import type { DocumentChunk } from '../documents.ts'
import { type ChunkWriter, type SavedCollection, saveState } from '../snapshot.ts'
import type { CollectionState } from '../state.ts'

export interface Copied {
  readonly number: number
  readonly state: CollectionState
}

/** Writes all of a collection, its documents included, which are not in memory but in `storage`. */
export async function copyCollection(
  { state, number }: Copied,
  storage: Storage,
  writer: ChunkWriter,
): Promise<SavedCollection> {
  const documents: DocumentChunk[] = []
  for (const [n, chunk] of state.documents.chunks.entries()) {
    for await (const bytes of storage.readChunks([chunk.ref])) {
      const ref = await writer.write(`${String(number)}/documents`, n, bytes)
      documents.push({ ...chunk, ref })
    }
  }
  const { saved } = await saveState(state, number, writer, undefined)
  return { ...saved, documents: [...documents, ...saved.documents.slice(documents.length)] }
}

export function bytesIn(chunks: readonly ChunkRef[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Reports bytes: at the start, at the end, and now and then between. How many there are may be a guess. */
export class ByteProgress {
  readonly #phase: Progress['phase']
  readonly #total: number
  readonly #reporter: ProgressReporter
  #done = 0
  #ended = false

  constructor(phase: Progress['phase'], total: number, report: CallOptions['onProgress']) {
    this.#phase = phase
    this.#total = total
    this.#reporter = new ProgressReporter(report)
    this.add(0)
  }

  add(bytes: number): void {
    if (this.#ended) return
    this.#done = Math.min(this.#done + bytes, Math.max(0, this.#total - 1))
    this.#reporter.report(this.#phase, this.#done, this.#total)
  }

  end(): void {
    this.#ended = true
    this.#reporter.report(this.#phase, this.#total, this.#total)
  }
}
