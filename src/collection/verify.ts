/** Whether all that is stored is whole, and how well it is found. */
import type { Verification, VerifyOptions } from '../contract/api.ts'
import { QuiverError } from '../contract/errors.ts'
import type { LocalCollection } from './collection.ts'

export async function verify(
  _collection: LocalCollection,
  _options: VerifyOptions,
): Promise<Verification> {
  throw new QuiverError('UNSUPPORTED', 'Not built yet.')
}
