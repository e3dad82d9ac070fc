/** What a replay leaves out: stretches of records, and how many operations are lost with them. */
import { LogKind, type LogRecord } from '../codec/log-record.ts'

export interface Gap {
  /** Sequence numbers, both of records that are left out. */
  readonly first: number
  readonly last: number
  /** A damaged record counts as one operation where nothing says what it was a part of. */
  readonly lost: number
}

export class Gaps {
  readonly #all: Gap[] = []
  /** Records up to this one are parts of an operation that is counted already. */
  #counted = 0

  get all(): readonly Gap[] {
    return this.#all
  }

  /** Record `seq` does not go on where `parts`, the ones right before it, left off. */
  leaveOut(parts: readonly LogRecord[], seq: number, record: LogRecord | undefined): void {
    const [begun] = parts
    if (begun) {
      this.add({ first: begun.seq, last: seq - 1, lost: 1 })
      this.#counted = begun.seq + begun.parts - 1
    }
    if (record && !isLaterPart(record)) return
    // A later part belongs to what was left out right before it.
    const counted = seq <= this.#counted || (record && this.#all.at(-1)?.last === seq - 1)
    this.add({ first: seq, last: seq, lost: counted ? 0 : 1 })
  }

  /** Records that follow the last ones make one stretch with them. */
  add(gap: Gap): void {
    const before = this.#all.at(-1)
    if (before?.last !== gap.first - 1) this.#all.push(gap)
    else this.#all.splice(-1, 1, { ...before, last: gap.last, lost: before.lost + gap.lost })
  }
}

/** Whether the record is of use only with the one before it. */
export function isLaterPart({ kind, part }: LogRecord): boolean {
  return kind === LogKind.operation && part > 0
}
