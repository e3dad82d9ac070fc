import type { Announcement } from '../contract/tabs.ts'

/** A BroadcastChannel whose messages have a type. */
export class Channel<In, Out> {
  readonly #channel: BroadcastChannel
  #closed = false

  constructor(name: string, heard: (message: In) => void) {
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<In>) => {
      heard(data)
    }
  }

  /** What comes after `close`, such as the progress of a call that ends only then, is for nobody. */
  post(message: Out): void {
    if (!this.#closed) this.#channel.postMessage(message)
  }

  close(): void {
    this.#closed = true
    this.#channel.close()
  }
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
