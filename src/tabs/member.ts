import type { CallOptions, DatabaseEvents, DatabaseStatus, Role } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import { QuiverError, toQuiverError } from '../contract/errors.ts'
import type { DatabaseEvent } from '../contract/protocol.ts'
import type { Announcement, Durability, TabCalls, TabMethod } from '../contract/tabs.ts'
import type { DatabaseHandle } from '../collection/handles.ts'
import { Listeners } from '../platform/listeners.ts'
import type { Way } from './asked.ts'
import { type Announcements, announcementsOf, Channel, randomId } from './channel.ts'
import { Election } from './election.ts'
import { KnownLeader } from './known-leader.ts'
import { isGone, Leading } from './leading.ts'
import { Unanswered } from './unanswered.ts'
import { Vigil } from './vigil.ts'

/** What a member needs of the thread it lives on. */
export interface MemberOptions {
  readonly name: string
  readonly durability: Durability
  /** Why it is in memory, where nobody asked for that. */
  readonly reason: string | undefined
  /** Whether it may join a database that another tab has opened. @throws QuiverError `WRONG_KEY` */
  admit(): Promise<void>
  /** Opens the database, as its only owner; `steal`: from one that does not answer. */
  open(how: 'wait' | 'steal', durability: Durability): Promise<DatabaseHandle>
  /** `undefined`: there are no other tabs to share with. */
  readonly locks: LockManager | undefined
}

/**
 * `change`: the status has changed without any other event. `written`: to the collections of these numbers; `undefined`: to any
 * of them, as far as is known.
 */
type MemberEvents = DatabaseEvents & { change: undefined; written: readonly number[] | undefined }

/**
 * One thread's part in a database that several tabs have open. It leads or follows, and that may change at any time; its
 * calls are answered all the same, each once: those that a leader left unanswered are sent to the next one.
 */
export class Member {
  /** Names it to the others; also the caller of its calls, in the log. */
  readonly id = randomId()
  readonly #options: MemberOptions
  readonly #election: Election | undefined
  readonly #announcements: Announcements | undefined
  readonly #vigil: Vigil
  readonly #listeners = new Listeners<MemberEvents>()
  readonly #unanswered: Unanswered
  readonly #leader: KnownLeader
  #leading: Leading | undefined
  #status: DatabaseStatus | undefined
  /** Counts the changes of role: what takes long looks whether it is still wanted. */
  #turn = 0
  #paused = false
  #opening = false
  /** That of the strictest member, so that none gets less than it asked for. */
  #durability: Durability
  #failure: QuiverError | undefined
  #ready!: { resolve(): void; reject(error: QuiverError): void }
  readonly #started = new Promise<void>((resolve, reject) => {
    this.#ready = { resolve, reject }
  })
  #over!: () => void
  /** Resolves when it has ended, by failure or at its users' wish, and let go of everything. */
  readonly over = new Promise<void>((resolve) => {
    this.#over = resolve
  })
  #said: Role | undefined

  constructor(options: MemberOptions) {
    this.#options = options
    this.#durability = options.durability
    this.#started.catch(() => undefined)
    this.#vigil = new Vigil({
      ping: () => {
        this.#ping()
      },
      dead: (how) => {
        void this.#election?.takeOver(how)
      },
    })
    this.#unanswered = new Unanswered(
      () => this.#way,
      () => {
        if (this.#way) this.#vigil.end()
      },
    )
    this.#leader = new KnownLeader(this.id, {
      welcomed: (status, durability) => {
        void this.#welcomed(status, durability)
      },
      alive: () => {
        this.#vigil.heard('worker')
      },
      changed: (status, event) => {
        this.#changed(status, event)
      },
      written: (collections) => {
        this.#listeners.emit('written', collections)
      },
      closed: (error) => {
        void this.end(error)
      },
    })
    if (options.locks) {
      this.#election = new Election(options.locks, options.name, this.id, {
        granted: (how) => void this.#lead(how),
        lost: () => {
          this.#lost()
        },
      })
      this.#announcements = new Channel(announcementsOf(options.name), (message: Announcement) => {
        this.#heard(message)
      })
    }
  }

  /** Resolves when it has found its part. @throws QuiverError as `open` */
  async start(): Promise<void> {
    if (this.#election) {
      try {
        await this.#election.enter()
        if (this.#failure) throw this.#failure
        this.#stand()
      } catch (error) {
        await this.end(toQuiverError(error))
      }
    } else void this.#lead('wait')
    await this.#started
  }

  get failure(): QuiverError | undefined {
    return this.#failure
  }

  get status(): DatabaseStatus {
    const status = this.#leading?.database.status ?? this.#status
    if (!status) throw new QuiverError('INTERNAL', 'The database is not open yet.')
    return { ...status, reason: this.#options.reason, role: this.#role }
  }

  get events(): Pick<Listeners<MemberEvents>, 'on'> {
    return this.#listeners
  }

  /** Asks whomever leads. */
  async ask<M extends TabMethod>(
    method: M,
    args: Parameters<TabCalls[M]>,
    options: CallOptions = {},
    embedder?: Embedder,
  ): Promise<ReturnType<TabCalls[M]>> {
    if (this.#failure) throw this.#failure
    const answer = this.#unanswered.ask(method, args, options, embedder)
    if (this.#waits && !this.#unanswered.isEmpty) this.#vigil.begin()
    return answer
  }

  /** @throws QuiverError `OPTIONS_MISMATCH` where writes are kept less safely than is asked for */
  requireDurable(asked: Durability, found = this.#durability): void {
    if (asked === found || found === 'strict') return
    throw new QuiverError(
      'OPTIONS_MISMATCH',
      `The database "${this.#options.name}" is open already, with durability: 'relaxed'. Open it with that everywhere, or close it first.`,
    )
  }

  /** Gives the lead to another tab, since this one is about to be frozen. */
  pause(): void {
    if (!this.#election || this.#paused) return
    this.#paused = true
    this.#vigil.end()
    if (this.#leading || this.#opening) void this.#stepDown()
    else this.#election.resign()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.#leading && !this.#failure) this.#stand()
  }

  /** Ends it; every later call fails with `error`. What other tabs have open goes on. */
  async end(error: QuiverError): Promise<void> {
    await this.#end(error, undefined)
  }

  /** Ends every member: the database is no more. */
  async endAll(error: QuiverError): Promise<void> {
    await this.#end(error, error)
  }

  /** Whether it waits for another to lead. */
  get #waits(): boolean {
    return !this.#leading && !this.#opening && !this.#paused
  }

  get #role(): Role {
    if (!this.#election) return 'alone'
    return this.#leading ? 'leader' : 'follower'
  }

  get #way(): Way | undefined {
    return this.#leading ?? this.#leader.way
  }

  // ------------------------------------------------------------------------------------------------ what others say

  #heard(message: Announcement): void {
    switch (message.type) {
      case 'who':
        void this.#announce()
        break
      case 'lead':
        if (!this.#leading) this.#follow(message)
        break
      case 'join':
        void this.#join(message)
        break
      case 'ping':
        this.#pong(message.member)
        break
      case 'pong':
        if (message.by === 'opening') this.#vigil.heard('worker')
        else if (message.member === (this.#leader.member ?? message.member)) {
          this.#vigil.heard(message.by)
        }
        break
      case 'replaced':
        void this.end(closedFor(this.#options.name, 'replaced'))
        break
    }
  }

  async #announce(): Promise<void> {
    const leading = this.#leading
    if (!leading || !(await leading.isCertain())) return
    this.#announcements?.post({ type: 'lead', member: this.id, term: leading.term })
  }

  async #join({ member, term }: { readonly member: string; readonly term: string }): Promise<void> {
    const leading = this.#leading
    if (leading?.term !== term || !(await leading.isCertain())) return
    leading.join(member, this.#durability)
  }

  #pong(asked: string | undefined): void {
    const isAsked = asked === undefined || asked === this.id
    // The others still ask for the leader before it, and would take the lead from one that waits for the store.
    const by = this.#opening ? 'opening' : this.#leading && isAsked ? 'worker' : undefined
    if (by) this.#announcements?.post({ type: 'pong', member: this.id, by })
  }

  #ping(): void {
    this.#announcements?.post({ type: 'ping', member: this.#leader.member })
    this.#announcements?.post({ type: 'who' })
  }

  // ------------------------------------------------------------------------------------------------ following

  #stand(): void {
    this.#vigil.begin()
    this.#election?.stand()
    this.#announcements?.post({ type: 'who' })
  }

  #follow({ member, term }: { readonly member: string; readonly term: string }): void {
    if (this.#failure || this.#opening || this.#paused) return
    this.#vigil.heard('worker')
    this.#leader.heardOf(member, term)
    if (!this.#leader.way) this.#announcements?.post({ type: 'join', member: this.id, term })
  }

  async #welcomed(status: DatabaseStatus, durability: Durability): Promise<void> {
    const { term } = this.#leader
    try {
      this.requireDurable(this.#durability, durability)
      if (!this.#status) await this.#options.admit()
    } catch (error) {
      await this.end(toQuiverError(error))
      return
    }
    if (this.#leader.term !== term) return
    this.#leader.joined()
    this.#durability = durability
    this.#status = status
    this.#tookRole()
    if (this.#unanswered.isEmpty) this.#vigil.end()
  }

  // ------------------------------------------------------------------------------------------------ leading

  async #lead(how: 'wait' | 'steal'): Promise<void> {
    if (this.#failure || this.#paused) {
      this.#election?.resign()
      return
    }
    this.#leader.forget()
    // Nobody else is waited for: what keeps it from opening at once is the store.
    this.#vigil.end()
    const turn = ++this.#turn
    this.#opening = true
    try {
      const open = (): Promise<DatabaseHandle> => this.#options.open(how, this.#durability)
      const handle = await (this.#election?.opening(() => this.#open(open)) ?? open())
      if (turn === this.#turn) this.#opened(handle)
      else await handle.close()
    } catch (error) {
      if (turn === this.#turn) await this.#notOpened(toQuiverError(error))
    }
  }

  /** One who takes over has calls to answer: what fails may be a moment's trouble, and is tried once more. */
  async #open(open: () => Promise<DatabaseHandle>): Promise<DatabaseHandle> {
    if (this.#said === undefined) return open()
    return open()
      .catch(open)
      .catch((error: unknown) => {
        const cause = toQuiverError(error)
        if (cause.code !== 'INTERNAL') throw cause
        const message = `The database could not be taken over from a tab that is gone (${cause.message}). Open it again with open().`
        throw new QuiverError('CLOSED', message, { cause })
      })
  }

  #opened(handle: DatabaseHandle): void {
    this.#opening = false
    this.#leading = new Leading(this.id, handle, this.#election, {
      changed: (status, event) => {
        this.#changed(status, event)
      },
      written: (collections) => {
        this.#listeners.emit('written', collections)
      },
      lost: () => {
        this.#lost()
      },
    })
    this.#status = handle.database.status
    void this.#announce()
    this.#tookRole()
  }

  async #notOpened(error: QuiverError): Promise<void> {
    // Another was quicker: it leads.
    if (error.code === 'NOT_LEADER' && this.#election) await this.#stepDown()
    else await this.end(error)
  }

  /** The lead, or what is stored. */
  #lost(): void {
    if (!this.#leading && !this.#opening) return
    const failure = this.#leading?.database.failure
    if (failure && failure.code !== 'NOT_LEADER') void this.end(failure)
    else if (this.#election) void this.#stepDown()
    else void this.end(failure ?? new QuiverError('NOT_LEADER', 'Another tab has taken over.'))
  }

  async #stepDown(): Promise<void> {
    const turn = ++this.#turn
    const leading = this.#leading
    this.#leading = undefined
    this.#opening = false
    await leading?.end()
    this.#election?.resign()
    this.#sayRole()
    if (turn === this.#turn && !this.#paused) this.#stand()
  }

  // ------------------------------------------------------------------------------------------------ both

  #tookRole(): void {
    this.#ready.resolve()
    this.#unanswered.sendAgain()
    this.#sayRole()
    // What was written before was not heard of from this leader.
    this.#listeners.emit('written', undefined)
  }

  /** To those who heard what it was before. */
  #sayRole(): void {
    const before = this.#said
    this.#said = this.#role
    if (before === undefined) return
    if (before === this.#said) this.#listeners.emit('change', undefined)
    else this.#listeners.emit('role', this.#said)
  }

  #changed(status: DatabaseStatus, event: DatabaseEvent | undefined): void {
    this.#status = status
    if (event) this.#listeners.emit(event.type, event.detail)
    else this.#listeners.emit('change', undefined)
    if (event && this.#leading && isGone(event.type)) void this.#gone(this.#leading)
  }

  async #gone({ database }: Leading): Promise<void> {
    // The event comes before the reason.
    await Promise.resolve()
    const gone = 'What was stored of the database is gone. Open it again with open().'
    await this.endAll(database.failure ?? new QuiverError('CLOSED', gone))
  }

  async #end(error: QuiverError, reason: QuiverError | undefined): Promise<void> {
    if (this.#failure) return this.over
    this.#failure = error
    this.#turn++
    this.#vigil.end()
    this.#leader.forget()
    await this.#leading?.end(reason)
    this.#ready.reject(error)
    this.#unanswered.rejectAll(error)
    // Whoever waits for a write learns that there will be none.
    this.#listeners.emit('written', undefined)
    this.#election?.leave()
    this.#announcements?.close()
    this.#over()
  }
}

/** Why a database that was open is no more. */
export function closedFor(name: string, what: 'deleted' | 'replaced'): QuiverError {
  return new QuiverError('CLOSED', `The database "${name}" was ${what}. Open it again with open().`)
}
