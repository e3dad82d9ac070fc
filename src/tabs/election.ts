/**
 * Which of the tabs that have a database open owns its data: the one that holds a Web Lock. The others wait in line for it,
 * so that the browser itself hands it on, at once, when its holder dies.
 */
import { QuiverError } from '../contract/errors.ts'

/** What happens to a member while it stands for election. */
export interface ElectionListener {
  /** It leads from now on; `steal`: from one that does not answer. */
  granted(how: 'wait' | 'steal'): void
  /** Another took the lead away, since this one did not answer. */
  lost(): void
}

export class Election {
  readonly #locks: LockManager
  readonly #lead: string
  readonly #opening: string
  readonly #member: string
  readonly #listener: ElectionListener
  #standing: AbortController | undefined
  #resign: (() => void) | undefined
  #leave: (() => void) | undefined
  #hasLeft = false

  constructor(locks: LockManager, name: string, member: string, listener: ElectionListener) {
    this.#locks = locks
    this.#lead = `quiver-leader:${name}`
    this.#opening = `quiver-opening:${name}`
    this.#member = memberLock(member)
    this.#listener = listener
  }

  /** Is a member from now on: others notice when it goes. @throws QuiverError `UNSUPPORTED` where a page may hold no locks */
  enter(): Promise<void> {
    return new Promise((entered, refused) => {
      const stay = (): Promise<void> => {
        entered()
        return new Promise((leave) => {
          this.#leave = leave
          if (this.#hasLeft) leave()
        })
      }
      this.#locks.request(this.#member, stay).catch((cause: unknown) => {
        const message = "The browser allows no Web Locks here. Open with { storage: 'memory' }."
        refused(new QuiverError('UNSUPPORTED', message, { cause }))
      })
    })
  }

  /** Stands in line for the lead. */
  stand(): void {
    if (this.#standing || this.#resign) return
    this.#standing = new AbortController()
    this.#request({ signal: this.#standing.signal })
  }

  /** Takes the lead from one that does not answer; `if free`: unless another member is about to. */
  async takeOver(how: 'if free' | 'anyhow'): Promise<void> {
    const options = how === 'anyhow' ? { steal: true } : { ifAvailable: true }
    await this.#locks
      .request(this.#opening, options, async (free) => {
        if (!free || this.#resign) return
        this.#standDown()
        await new Promise<void>((granted) => {
          this.#request({ steal: true }, granted)
        })
      })
      .catch(() => undefined)
  }

  /** Runs what a new leader does before it can answer; meanwhile nobody takes the lead from it. */
  async opening<T>(task: () => Promise<T>): Promise<T> {
    let result!: { value: T } | { error: unknown }
    const held = async (): Promise<void> => {
      result = await task().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
    }
    // One who held it before has lost the lead. If it is stolen in turn, the task still runs to its end.
    let running: Promise<void> | undefined
    await this.#locks
      .request(this.#opening, { steal: true }, () => (running = held()))
      .catch(() => running)
    if ('error' in result) throw result.error
    return result.value
  }

  /**
   * Asks the browser. After the thread stood still the news that the lead was lost may come later than the messages that
   * wait to be answered.
   */
  async isLeader(): Promise<boolean> {
    const { held = [] } = await this.#locks.query()
    const holder = (name: string): string | undefined =>
      held.find((lock) => lock.name === name)?.clientId
    return this.#resign !== undefined && holder(this.#lead) === holder(this.#member)
  }

  /** Gives the lead back, or the place in line. */
  resign(): void {
    this.#standDown()
    this.#resign?.()
    this.#resign = undefined
  }

  /** Is no member any more. */
  leave(): void {
    this.#hasLeft = true
    this.resign()
    this.#leave?.()
  }

  /** Calls `gone` once another member has left or died. */
  whenGone(member: string, signal: AbortSignal, gone: () => void): void {
    this.#locks.request(memberLock(member), { signal }, gone).catch(() => undefined)
  }

  #standDown(): void {
    this.#standing?.abort()
    this.#standing = undefined
  }

  #request(options: LockOptions, granted: () => void = () => undefined): void {
    let resign: (() => void) | undefined
    const lead = (): Promise<void> =>
      new Promise((release) => {
        this.#resign = resign = release
        this.#standing = undefined
        granted()
        this.#listener.granted(options.steal ? 'steal' : 'wait')
      })
    // Refused before it was granted, it was withdrawn; afterwards it was stolen.
    this.#locks.request(this.#lead, options, lead).catch(() => {
      if (!resign || this.#resign !== resign) return
      this.#resign = undefined
      this.#listener.lost()
    })
  }
}

function memberLock(member: string): string {
  return `quiver-member:${member}`
}
