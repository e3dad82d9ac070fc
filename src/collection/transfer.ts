/** A database as one file, and back. */
import type { CallOptions, ImportOptions } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { Engine } from '../engine/index.ts'
import type { Storage } from '../storage/index.ts'
import type { CommitQueue } from './commit-queue.ts'

export async function exportDatabase(
  _storage: Storage,
  _queue: CommitQueue,
  _options: CallOptions,
): Promise<Blob> {
  throw new QuiverError('UNSUPPORTED', 'Not built yet.')
}

/** Reads an exported file into `storage`, all or nothing. @throws QuiverError `CORRUPT`, `NEWER_FORMAT`, ... */
export async function importInto(
  _storage: Storage,
  _engine: Engine,
  _blob: Blob,
  _options: ImportOptions,
): Promise<void> {
  throw new QuiverError('UNSUPPORTED', 'Not built yet.')
}
