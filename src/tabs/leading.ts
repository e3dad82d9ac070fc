import type { DatabaseEvents, DatabaseStatus } from '../contract/api.ts'
import type { DatabaseEvent } from '../contract/protocol.ts'
import type { CallFrame, Durability } from '../contract/tabs.ts'
import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { CallContext } from '../collection/call-context.ts'
import type { LocalDatabase } from '../collection/database.ts'
import type { DatabaseHandle } from '../collection/handles.ts'
import { postError } from '../platform/wire.ts'
import { answer } from './answers.ts'
import { type Asked, partsOf, type Way } from './asked.ts'
import { randomId } from './channel.ts'
import type { Election } from './election.ts'
import { type Runner, Session } from './session.ts'
import { Standstill } from './standstill.ts'
import { Written } from './written.ts'

/** How long a follower may take to hear that the database is no more; one that is frozen takes longer. */
const DISMISSAL_MS = 1_000

/** As messages from the page cut it, 64 MiB. */
const MAX_KEPT_PARTS = 128

export interface LeadingListener {
  changed(status: DatabaseStatus, event: DatabaseEvent | undefined): void
  written(collections: readonly number[]): void
  /** Another has taken over, or the database can be used no more: see its `failure`. */
  lost(): void
}

/** What the one tab does that owns the data: answers its own calls, and those of the others. */
export class Leading implements Way, Runner {
  readonly database: LocalDatabase
  readonly term = randomId()
  readonly #handle: DatabaseHandle
  readonly #member: string
  readonly #election: Election | undefined
  readonly #listener: LeadingListener
  readonly #sessions = new Map<string, Session>()
  readonly #watching = new AbortController()
  /** `undefined`: in memory, where nobody can have taken over. */
  readonly #standstill: Standstill | undefined
  readonly #written = new Written((collections) => {
    for (const session of this.#sessions.values()) session.post({ type: 'written', collections })
    this.#listener.written(collections)
  })
  #ended = false

  /** `election`: `undefined` where there is nobody to share with. */
  constructor(
    member: string,
    handle: DatabaseHandle,
    election: Election | undefined,
    listener: LeadingListener,
  ) {
    this.#member = member
    this.#handle = handle
    this.database = handle.database
    this.#election = election
    this.#listener = listener
    if (this.database.status.storage === 'indexeddb') {
      this.#standstill = new Standstill(() => this.#confirm())
    }
    for (const type of ['quota', 'evicted', 'blocked', 'damage', 'change'] as const) {
      this.database.events.on(type, (detail) => {
        this.#changed(type === 'change' ? undefined : ({ type, detail } as DatabaseEvent))
      })
    }
    this.database.events.on('written', (collection) => {
      this.#written.add(collection)
    })
    for (const caller of this.database.outcomes.callers) {
      this.#watch(caller.toString(16).padStart(16, '0'))
    }
  }

  /** What fails from now on is nobody's answer: the next leader is asked. */
  get ended(): boolean {
    return this.#ended || this.database.failure?.code === 'NOT_LEADER'
  }

  /** Whether it leads still. After the thread stood still, another may, whom nobody is to be led away from. */
  async isCertain(): Promise<boolean> {
    try {
      await this.#standstill?.doubt
    } catch {
      return false
    }
    return !this.ended
  }

  /** Opens the pipe to a follower. Joining twice is no error. */
  join(member: string, durability: Durability): void {
    if (this.ended) return
    let session = this.#sessions.get(member)
    if (!session) {
      session = new Session(this.term, member, this)
      this.#sessions.set(member, session)
      this.#watch(member)
    }
    const { status } = this.database
    session.post({ type: 'welcome', status, durability })
  }

  send(call: Asked, heard: number): void {
    void this.#answer(call, heard)
  }

  async run(
    { n, heard, method, args }: Pick<CallFrame, 'n' | 'heard' | 'method' | 'args'>,
    caller: string,
    context: CallContext,
  ): Promise<unknown> {
    try {
      const doubt = this.#standstill?.doubt
      if (doubt) await doubt
      if (!this.#election) return await answer(this.database, context, method, args)
      const call = { caller: BigInt(`0x${caller}`), n: BigInt(n) }
      this.database.outcomes.heard(call.caller, BigInt(heard))
      return await answer(this.database, { ...context, call }, method, args)
    } finally {
      if (this.database.failure && !this.#ended) this.#listener.lost()
    }
  }

  /** Lets what is under way finish, as far as it is in the log, and tells the followers where the database is no more. */
  async end(reason?: QuiverError): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#standstill?.end()
    this.#written.end()
    await this.#handle.close().catch(() => undefined)
    if (reason) await this.#dismiss(reason)
    this.#watching.abort()
    for (const session of this.#sessions.values()) session.end()
  }

  /** Nobody is to take over what is no more, and make it anew: the lead is kept until the followers have heard. */
  async #dismiss(reason: QuiverError): Promise<void> {
    const followers = Array.from(this.#sessions, ([member, session]) => {
      session.post({ type: 'closed', error: postError(reason) })
      return new Promise<void>((gone) => {
        this.#election?.whenGone(member, this.#watching.signal, gone)
      })
    })
    const patience = new Promise((over) => setTimeout(over, DISMISSAL_MS))
    await Promise.race([Promise.all(followers), patience])
  }

  async #answer(call: Asked, heard: number): Promise<void> {
    const { n, method, options, embedder } = call
    const args = argsOf(call)
    try {
      const context = { ...options, embedder }
      call.resolve(await this.run({ n, heard, method, args }, this.#member, context))
    } catch (error) {
      if (!this.ended) call.reject(toQuiverError(error))
    }
  }

  /** @throws QuiverError `NOT_LEADER` */
  async #confirm(): Promise<void> {
    if (this.#election && !(await this.#election.isLeader())) {
      this.#listener.lost()
      throw new QuiverError('NOT_LEADER', 'Another tab has taken over.')
    }
    await this.database.confirm()
  }

  /** Nobody will ask what a member's calls did once it is gone. */
  #watch(member: string): void {
    if (member === this.#member) return
    this.#election?.whenGone(member, this.#watching.signal, () => {
      this.#sessions.get(member)?.end()
      this.#sessions.delete(member)
      this.database.outcomes.forget(BigInt(`0x${member}`))
    })
  }

  #changed(event: DatabaseEvent | undefined): void {
    const { status } = this.database
    for (const session of this.#sessions.values()) session.post({ type: 'status', status, event })
    this.#listener.changed(status, event)
    if (this.database.failure && !this.#ended) this.#listener.lost()
  }
}

/** For the answer to use up. A write is kept beside it, to be sent again whole, unless it is very large. */
function argsOf(call: Asked): readonly unknown[] {
  if (call.method !== 'upsert') return call.args
  const parts = partsOf(call)
  if (!parts) return [call.args[0], undefined]
  if (parts.length <= MAX_KEPT_PARTS) return [call.args[0], [...parts]]
  call.isUsedUp = true
  return call.args
}

/** Whether what is stored is gone, for every tab. */
export function isGone(event: keyof DatabaseEvents): boolean {
  return event === 'evicted' || event === 'blocked'
}
