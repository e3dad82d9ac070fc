import type { Values } from '../../fixtures/database-page/workload.ts'

/** What must be stored: all that was acknowledged, and of a write whose end is unknown all or nothing. */
export class Ledger {
  readonly #known = new Map<string, string>()
  /** By lane, each of which writes one thing after the other. */
  readonly #underWay = new Map<number, Values>()
  acknowledged = 0

  /** How many are there for sure. */
  get known(): number {
    return this.#known.size
  }

  begins(lane: number, values: Values): void {
    this.#underWay.set(lane, values)
  }

  acknowledge(lane: number): void {
    this.#apply(this.#underWay.get(lane) ?? {})
    this.#underWay.delete(lane)
    this.acknowledged++
  }

  /** Learns from what is stored how the writes ended that were under way. @returns what is wrong with it */
  settle(stored: Values): string[] {
    for (const values of this.#underWay.values()) {
      const isThere = Object.entries(values).every(([id, value]) => (stored[id] ?? null) === value)
      if (isThere) this.#apply(values)
    }
    this.#underWay.clear()
    const ids = new Set([...this.#known.keys(), ...Object.keys(stored)])
    return Array.from(ids)
      .filter((id) => this.#known.get(id) !== stored[id])
      .map((id) => `${id}: expected ${this.#known.get(id)}, stored ${stored[id]}`)
  }

  #apply(values: Values): void {
    for (const [id, value] of Object.entries(values)) {
      if (value === null) this.#known.delete(id)
      else this.#known.set(id, value)
    }
  }
}
