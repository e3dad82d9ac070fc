import type { Measured } from './contenders/measure.ts'

/** One way to ask one contender. */
export interface Lane {
  readonly label: string
  measure(ef: number): Promise<Measured>
}

/** What was measured at one ef; times are medians over the rounds. */
export interface Point extends Measured {
  readonly ef: number
}

export interface Curve {
  readonly label: string
  /** By ascending ef. */
  readonly points: readonly Point[]
}

const LADDER = [
  10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024,
  1536,
]

/** A lane climbs no higher: what is asked of it is below. */
const ENOUGH_RECALL = 0.995

/**
 * Recall and speed of every lane along a ladder of ef. A first climb warms up and finds how high each lane goes; its times
 * do not count. Then lanes take turns, rung by rung and in an order that changes from round to round, so that what else
 * the machine does meets them all.
 */
export async function sweep(
  lanes: readonly Lane[],
  rounds: number,
  note: (text: string) => void,
): Promise<Curve[]> {
  const rungs = new Map<Lane, number[]>()
  for (const lane of lanes) {
    note(`warming up ${lane.label}`)
    rungs.set(lane, await climb(lane))
  }
  const samples = new Map(lanes.map((lane) => [lane, new Map<number, Measured[]>()]))
  for (let round = 0; round < rounds; round++) {
    for (const ef of LADDER) {
      note(`round ${round + 1} of ${rounds}, ef ${ef}`)
      for (const lane of inTurn(lanes, round)) {
        if (!rungs.get(lane)!.includes(ef)) continue
        const ofLane = samples.get(lane)!
        ofLane.set(ef, [...(ofLane.get(ef) ?? []), await lane.measure(ef)])
      }
    }
  }
  return lanes.map((lane) => ({
    label: lane.label,
    points: [...samples.get(lane)!].map(([ef, measured]) => ({ ef, ...medianOf(measured) })),
  }))
}

/** The rungs up to the first with enough recall. */
async function climb(lane: Lane): Promise<number[]> {
  const climbed: number[] = []
  for (const ef of LADDER) {
    climbed.push(ef)
    if ((await lane.measure(ef)).recall >= ENOUGH_RECALL) break
  }
  return climbed
}

/** Each round begins with another lane, and every second one goes backwards. */
function inTurn<T>(all: readonly T[], round: number): T[] {
  const start = round % all.length
  const turned = [...all.slice(start), ...all.slice(0, start)]
  return round % 2 === 0 ? turned : turned.reverse()
}

function medianOf(measured: readonly Measured[]): Measured {
  const middle = (pick: (one: Measured) => number | undefined): number | undefined => {
    const values = measured.map(pick).filter((value) => value !== undefined)
    return values.length === 0 ? undefined : median(values)
  }
  return {
    recall: middle(({ recall }) => recall)!,
    qps: middle(({ qps }) => qps)!,
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The first point that reaches the recall, and how far between the point before and it the recall lies, 0 to 1. */
function reach(points: readonly Point[], recall: number) {
  const at = points.findIndex((point) => point.recall >= recall)
  if (at === -1) return undefined
  const point = points[at]!
  const before = points[at - 1] ?? point
  const step = point.recall - before.recall
  return { before, point, share: step === 0 ? 1 : (recall - before.recall) / step }
}

/** Queries per second at a recall, between measured points by time per query; `undefined` where it is never reached. */
export function qpsAt(points: readonly Point[], recall: number): number | undefined {
  const reached = reach(points, recall)
  if (!reached) return undefined
  const { before, point, share } = reached
  return 1 / ((1 - share) / before.qps + share / point.qps)
}

/** The fastest measured point with that recall. */
export function pointAt(points: readonly Point[], recall: number): Point | undefined {
  return reach(points, recall)?.point
}
