/** Databases that tabs share: open, delete, import. */
import type { ImportOptions, OpenOptions } from '../contract/api.ts'
import type { Embedder } from '../contract/embedder.ts'
import type { Announcement, Durability } from '../contract/tabs.ts'
import { QuiverError } from '../contract/errors.ts'
import type { DatabaseHandle } from '../collection/handles.ts'
import { importDatabase as importOwned } from '../collection/import-database.ts'
import {
  checkKey,
  checkOpen,
  deleteDatabase as deleteOwned,
  openDatabase as openOwned,
} from '../collection/registry.ts'
import { announcementsOf, Channel } from './channel.ts'
import { SharedDatabase } from './handles.ts'
import { closedFor, Member } from './member.ts'

interface Membership {
  readonly member: Member
  readonly started: Promise<void>
  readonly embedders: Map<number, Embedder>
  users: number
}

/** The databases open on this thread, by kind and name; handles of one name share one member. */
const memberships = new Map<string, Membership>()

/**
 * @throws QuiverError `INVALID_OPTION`, `UNSUPPORTED`, `GPU_UNAVAILABLE`, `NOT_LEADER`, `CORRUPT`, `NEWER_FORMAT`, `CLOSED` (it is
 * being deleted)
 */
export async function openDatabase(
  name: string,
  options: OpenOptions = {},
): Promise<SharedDatabase> {
  const kind = checkOpen(name, options)
  if (options.storage !== undefined) return openAs(kind, name, options)
  if (kind === 'memory') return openAs(kind, name, options, 'There is no IndexedDB here.')
  try {
    return await openAs(kind, name, options)
  } catch (error) {
    if (!(error instanceof QuiverError) || error.code !== 'UNSUPPORTED') throw error
    // Nobody asked where it is kept: in memory is better than not at all.
    return openAs('memory', name, { ...options, storage: 'memory' }, error.message)
  }
}

async function openAs(
  kind: 'memory' | 'indexeddb',
  name: string,
  options: OpenOptions,
  reason?: string,
): Promise<SharedDatabase> {
  const key = `${kind}:${name}`
  // Looked for until one is found that has not ended: it may end while anything is awaited.
  let found = memberships.get(key)
  for (; found?.member.failure; found = memberships.get(key)) await found.member.over
  const membership = found ?? join(key, name, options, reason)
  membership.users++
  try {
    await membership.started
    // What one was given must not open it for another.
    if (found && kind === 'indexeddb') {
      found.member.requireDurable(durabilityOf(options))
      await checkKey(name, options)
    }
    if (membership.member.failure) throw membership.member.failure
  } catch (error) {
    await release(membership)
    throw error
  }
  return new SharedDatabase(name, membership.member, membership.embedders, () =>
    release(membership),
  )
}

/** Deletes a database for good; one that is not there is no error. Open handles, in every tab, then answer `CLOSED`. */
export async function deleteDatabase(name: string): Promise<void> {
  for (const kind of ['memory', 'indexeddb'] as const) await endHere(name, kind, 'deleted')
  await deleteOwned(name)
}

/** As `importDatabase` of the public API. What it replaces goes on, in every tab, until the file was found good. */
export async function importDatabase(
  name: string,
  blob: Blob,
  options: ImportOptions = {},
): Promise<void> {
  await importOwned(name, blob, options, {
    closeAll: async (kind) => {
      if (kind === 'indexeddb' && locks()) {
        const others = new Channel<Announcement, Announcement>(
          announcementsOf(name),
          () => undefined,
        )
        others.post({ type: 'replaced' })
        others.close()
      }
      await endHere(name, kind, 'replaced')
    },
    alone: async (task) => {
      await (locks()?.request(importOf(name), task) ?? task())
    },
  })
}

function join(
  key: string,
  name: string,
  options: OpenOptions,
  reason: string | undefined,
): Membership {
  const shared = key.startsWith('indexeddb:')
  const member = new Member({
    name,
    locks: shared ? locks() : undefined,
    durability: durabilityOf(options),
    reason,
    admit: () => checkKey(name, options),
    open: (how, durability) => openAsOwner(name, { ...options, durability }, how),
  })
  void member.over.then(() => memberships.delete(key))
  const started = member.start()
  const membership = { member, started, embedders: new Map<number, Embedder>(), users: 0 }
  memberships.set(key, membership)
  return membership
}

/**
 * Whoever leads is entitled to the storage, once no import is under way: one that holds it still is frozen, or of a Quiver that
 * shares nothing.
 */
async function openAsOwner(
  name: string,
  options: OpenOptions,
  how: 'wait' | 'steal',
): Promise<DatabaseHandle> {
  if (how === 'wait') {
    try {
      return await openOwned(name, options, 'wait')
    } catch (error) {
      if (!(error instanceof QuiverError) || error.code !== 'NOT_LEADER') throw error
    }
  }
  const steal = (): Promise<DatabaseHandle> => openOwned(name, options, 'steal')
  return locks()?.request(importOf(name), { mode: 'shared' }, steal) ?? steal()
}

/** The lock of those who put a file in the place of a database; shared by those who keep it as it is. */
function importOf(name: string): string {
  return `quiver-import:${name}`
}

function durabilityOf({ durability = 'strict' }: OpenOptions): Durability {
  return durability
}

async function release(membership: Membership): Promise<void> {
  membership.users--
  if (membership.users > 0) return
  await membership.member.end(
    new QuiverError('CLOSED', 'The database is closed. Open it again with open().'),
  )
}

async function endHere(
  name: string,
  kind: 'memory' | 'indexeddb',
  what: 'deleted' | 'replaced',
): Promise<void> {
  const member = memberships.get(`${kind}:${name}`)?.member
  await member?.endAll(closedFor(name, what))
}

/** Not there in Node, nor on pages that are not served securely. */
function locks(): LockManager | undefined {
  const { navigator } = globalThis as { navigator?: Partial<Pick<Navigator, 'locks'>> }
  return navigator?.locks
}
