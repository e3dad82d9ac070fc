/** What is said of chunks that are no longer what was written. */
import type { Damage } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { ChunkRef, Storage } from '../storage/index.ts'

type Part = Damage['part']

/** Met while a collection is in use: it is mended then, and what was asked is asked again. */
export class DamagedChunk extends QuiverError {
  constructor({ path, n, generation }: ChunkRef) {
    super(
      'CORRUPT',
      `Chunk ${String(n)} of ${path} (generation ${String(generation)}) is damaged or missing; \`verify()\` says what else is.`,
    )
  }
}

export function isDamage(error: unknown): boolean {
  return error instanceof QuiverError && error.code === 'CORRUPT'
}

export async function damagedAmong(
  refs: readonly ChunkRef[],
  storage: Storage,
): Promise<ChunkRef[]> {
  const damaged: ChunkRef[] = []
  for (const ref of refs) if (!(await storage.readChunk(ref))) damaged.push(ref)
  return damaged
}

/** Ids that are named in one report of damage. */
const NAMED_IDS = 1000

/** Records that cannot be read back, by the part that is to blame. */
export class LostRecords {
  readonly #byPart = new Map<Part, { count: number; ids: string[] }>()

  /** `id`: as far as it is known. */
  add(part: Part, id: string | undefined): void {
    const lost = this.#byPart.get(part) ?? { count: 0, ids: [] }
    lost.count++
    if (id !== undefined && lost.ids.length < NAMED_IDS) lost.ids.push(id)
    this.#byPart.set(part, lost)
  }

  get parts(): Part[] {
    return [...this.#byPart.keys()]
  }

  of(part: Part): Damage['lost'] {
    return this.#byPart.get(part) ?? { count: 0, ids: [] }
  }
}

/** One report for each part: what is damaged, and what was done about it. */
export function damageOf(
  collection: string,
  damaged: readonly ChunkRef[],
  done: string,
  lost = new LostRecords(),
): Damage[] {
  const counts = new Map<Part, number>(lost.parts.map((part) => [part, 0]))
  for (const ref of damaged) counts.set(partOf(ref), (counts.get(partOf(ref)) ?? 0) + 1)
  // Every chunk is as it was written, and yet they make no collection.
  if (counts.size === 0) counts.set('ids', 0)
  return Array.from(counts, ([part, count]) => ({
    part,
    collection,
    message: `${String(count)} chunks of the ${part} of collection "${collection}" are damaged or missing. ${done}`,
    lost: lost.of(part),
  }))
}

/** The number of the collection that a chunk is of. */
export function collectionOf({ path }: ChunkRef): number {
  return Number.parseInt(path, 10)
}

/** The part of a snapshot that a chunk is of, as users know them. */
function partOf({ path }: ChunkRef): Part {
  const name = path.slice(path.lastIndexOf('/') + 1)
  switch (name) {
    case 'vectors':
    case 'codes':
    case 'graph':
    case 'columns':
    case 'documents':
      return name
    case 'state':
      return 'graph'
    default:
      return 'ids'
  }
}
