import type { Announcement } from '../contract/tabs.ts'

/** What a worker hears from the page that it belongs to. */
export interface Pulsed {
  pause(): Promise<void>
  resume(): Promise<void>
}

/**
 * What a page does for its worker, `member`, beside posting its calls: says to other tabs that it is alive when it is too
 * busy to say so, and tells it that the page is about to be frozen.
 * @returns what ends it
 */
export function keepPulse(name: string, member: string, worker: Pulsed): () => void {
  const ended = new AbortController()
  const { signal } = ended
  const pause = (): void => {
    worker.pause().catch(() => undefined)
  }
  const resume = (): void => {
    worker.resume().catch(() => undefined)
  }
  const hide = (event: PageTransitionEvent): void => {
    if (event.persisted) pause()
  }
  // Not there where a worker is the one that calls.
  if (typeof document !== 'undefined') {
    document.addEventListener('freeze', pause, { signal })
    document.addEventListener('resume', resume, { signal })
    addEventListener('pagehide', hide, { signal })
    addEventListener('pageshow', resume, { signal })
  }

  const channel = new BroadcastChannel(`quiver:${name}`)
  channel.onmessage = ({ data }: MessageEvent<Announcement>) => {
    if (data.type !== 'ping' || data.member !== member) return
    channel.postMessage({ type: 'pong', member, by: 'page' } satisfies Announcement)
  }
  signal.addEventListener('abort', () => {
    channel.close()
  })
  return () => {
    ended.abort()
  }
}
