/** What a replay counts as lost, for logs of which any records are gone. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LogKind, type LogRecord } from '../../../src/storage/codec/log-record.ts'
import { assemble, type ReadRecord } from '../../../src/storage/idb/replay.ts'

const payload = new Uint8Array(0)

/** Records of operations cut into so many parts each, from sequence number 1 on; 0 parts: a marker. */
function logOf(sizes: readonly number[]): LogRecord[] {
  const log: LogRecord[] = []
  for (const parts of sizes) {
    const kind = parts === 0 ? LogKind.claim : LogKind.operation
    for (let part = 0; part < Math.max(1, parts); part++) {
      log.push({ kind, epoch: 1, seq: log.length + 1, position: 0, part, parts, payload })
    }
  }
  return log
}

async function replayed(log: readonly (LogRecord | undefined)[]) {
  async function* records(): AsyncGenerator<ReadRecord> {
    for (const [i, record] of log.entries()) yield { seq: i + 1, record }
  }
  const operations = assemble(records(), () => Promise.resolve(new Map()))
  const seqs: number[] = []
  for (;;) {
    const { value, done } = await operations.next()
    if (done) return { seqs, gaps: value }
    seqs.push(value.seq)
  }
}

describe('gaps', () => {
  test.each([
    { what: 'a whole log', sizes: [1, 0, 3, 1], gone: [], expected: [] },
    {
      what: 'an operation of one record',
      sizes: [1, 1, 1],
      gone: [2],
      expected: [{ first: 2, last: 2, lost: 1 }],
    },
    {
      what: 'the first part',
      sizes: [1, 3, 1],
      gone: [2],
      expected: [{ first: 2, last: 4, lost: 1 }],
    },
    {
      what: 'a part in the middle',
      sizes: [1, 3, 1],
      gone: [3],
      expected: [{ first: 2, last: 4, lost: 1 }],
    },
    {
      what: 'the last part, before a marker',
      sizes: [3, 0, 1],
      gone: [3],
      expected: [{ first: 1, last: 3, lost: 1 }],
    },
    {
      what: 'two operations apart',
      sizes: [1, 1, 1],
      gone: [1, 3],
      expected: [
        { first: 1, last: 1, lost: 1 },
        { first: 3, last: 3, lost: 1 },
      ],
    },
    {
      what: 'the end of one and the beginning of the next',
      sizes: [2, 2, 1],
      gone: [2, 3],
      expected: [{ first: 1, last: 4, lost: 2 }],
    },
  ])('of $what', async ({ sizes, gone, expected }) => {
    const log = logOf(sizes).map((record) => (gone.includes(record.seq) ? undefined : record))
    expect((await replayed(log)).gaps).toEqual(expected)
  })

  test('hold exactly the records of operations that are not whole, and those alone are missing', async () => {
    const sizes = fc.array(fc.nat({ max: 4 }), { maxLength: 12 })
    const hits = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(sizes, hits, async (sizes, hit) => {
        const log = logOf(sizes)
        const broken: number[] = []
        const whole: number[] = []
        let at = 0
        for (const parts of sizes) {
          const seqs = Array.from({ length: Math.max(1, parts) }, () => ++at)
          if (seqs.some((seq) => hit[seq])) broken.push(...seqs)
          else if (parts > 0) whole.push(at)
        }
        const records = log.map((record) => (hit[record.seq] ? undefined : record))
        const { seqs, gaps } = await replayed(records)
        expect(seqs).toEqual(whole)
        const held = gaps.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        )
        expect(held).toEqual(broken)
        const lost = gaps.reduce((sum, gap) => sum + gap.lost, 0)
        expect(lost > 0).toBe(broken.length > 0)
        expect(lost).toBeLessThanOrEqual(broken.length)
      }),
    )
  })
})
