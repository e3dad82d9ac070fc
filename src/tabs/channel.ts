import type { Announcement } from '../contract/tabs.ts'
import { QuiverError } from '../contract/errors.ts'
import { unshared } from '../platform/shared.ts'

/** A BroadcastChannel whose messages have a type. */
export class Channel<In, Out> {
  readonly #channel: BroadcastChannel
  #closed = false

  /** `unreadable`: a message came that cannot be read here, as none can that holds shared memory. */
  constructor(name: string, heard: (message: In) => void, unreadable?: () => void) {
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessageerror = () => unreadable?.()
    this.#channel.onmessage = ({ data }: MessageEvent<In>) => {
      heard(data)
    }
  }

  /** What comes after `close`, such as the progress of a call that ends only then, is for nobody. */
  post(message: Out): void {
    if (!this.#closed) this.#channel.postMessage(unshared(message))
  }

  close(): void {
    this.#closed = true
    this.#channel.close()
  }
}

/** Why a call fails of which a message could not be read. */
export function unreadable(): QuiverError {
  return new QuiverError(
    'INVALID_RECORD',
    'What this tab and the one that has the data sent each other could not be read there. Give plain data, and copies of what lies in shared memory.',
  )
}

export type Announcements = Channel<Announcement, Announcement>

/** Heard by every member. */
export function announcementsOf(name: string): string {
  return `quiver:${name}`
}

/** Known to two: messages to it are cloned for its other end alone. */
export function pipeOf(term: string, member: string): string {
  return `quiver-pipe:${term}:${member}`
}

/** 64 random bits, in hexadecimal; never 0. */
export function randomId(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  const hex = (value: number): string => value.toString(16).padStart(8, '0')
  return `${hex(high)}${hex((low | 1) >>> 0)}`
}
