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

/** Says now and then how far a full run is: it takes long. */
export function sayHowFar(what: string, done: number, of: number): void {
  if (inFull && done % Math.ceil(of / 20) === 0) console.info(`${what}: ${done} of ${of}`)
}

/** For the `timeout` of such a test, in milliseconds. */
export const LONG = inFull ? 4 * 3_600_000 : 300_000
