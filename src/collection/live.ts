import type { Hits, Include } from '../contract/api.ts'
import type { Fields } from '../contract/fields.ts'
import { loadChecksum, toHex } from '../storage/codec/checksum.ts'
import { encodeDocument } from './records.ts'

/** Tells answers apart by all that comes back of them, so that one that is known need not be sent again. */
export async function digestOf(hits: Hits<Fields, Include>): Promise<string> {
  const checksum = await loadChecksum()
  const parts = hits.map(({ record, vector, ...rest }: Partial<Hits<Fields, Include>[number]>) => ({
    ...rest,
    vector: vector && [...vector],
    // Tells a date from the same as a string.
    record: record && encodeDocument(record, record.id),
  }))
  return toHex(checksum(new TextEncoder().encode(JSON.stringify(parts))))
}
