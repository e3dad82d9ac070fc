/** Tests that look for lost data are the same in `npm test` and in `npm run test:torture`, but for how often. */
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Asked for on the command line: the short form, all of it, or so many of each. */
    torture: 'short' | 'full' | number
  }
}

const asked = inject('torture')

/** How often this time. */
export function times({ short, full }: { short: number; full: number }): number {
  if (asked === 'short') return short
  return asked === 'full' ? full : asked
}

export const inFull = asked !== 'short'

/** For the `timeout` of such a test, in milliseconds. */
export const LONG = inFull ? 4 * 3_600_000 : 300_000
