const integers = new Intl.NumberFormat('en')
const oneDecimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** `117,791` */
export const formatCount = (count: number): string => integers.format(count)

/** `34.2 MB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${integers.format(Math.round(bytes / 1e3))} kB`
  if (bytes < 1e9) return `${oneDecimal.format(bytes / 1e6)} MB`
  return `${oneDecimal.format(bytes / 1e9)} GB`
}

/** `0.4 ms`, `12 ms`, `1.2 s` */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${oneDecimal.format(milliseconds / 1000)} s`
  if (milliseconds >= 10) return `${Math.round(milliseconds)} ms`
  return `${oneDecimal.format(milliseconds)} ms`
}

/** `12 seconds`, `3 minutes`: as exact as an estimate deserves. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'a second'
  if (seconds < 90) return plural(Math.round(seconds), 'second')
  return plural(Math.round(seconds / 60), 'minute')
}

/** `1 word`, `10 words` */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
