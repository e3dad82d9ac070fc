import { QuiverError, type QuiverErrorCode } from '../../src/contract/errors.ts'
import type { Parts, Target } from './target.ts'

/** What damaged bytes may be answered with. */
const REFUSALS: readonly QuiverErrorCode[] = ['CORRUPT', 'NEWER_FORMAT']

/** Samples are some kilobytes: whoever needs more than this believed a number in them. */
const MOST_BYTES = 64 * 2 ** 20

/** What is wrong with how the target takes this input; `undefined` where nothing is. */
export async function examine(target: Target, parts: Parts): Promise<string | undefined> {
  const before = bytesInUse()
  try {
    await target.read(parts.map((part) => part.slice()))
  } catch (error) {
    const refused = error instanceof QuiverError && REFUSALS.includes(error.code)
    if (!refused) return describe(error)
  }
  const taken = bytesInUse() - before
  return taken > MOST_BYTES ? `${Math.round(taken / 2 ** 20)} MiB were taken` : undefined
}

function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function describe(error: unknown): string {
  if (error instanceof QuiverError) return `QuiverError ${error.code}: ${error.message}`
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
