import { describe } from '../values.ts'
import { refuse } from './refuse.ts'

/** A day, or a time with its zone: without one it would mean another moment on each machine. ECMA-262, 21.4.1.32. */
const ISO_DATE =
  /^(\d{4}|[-+]\d{6})-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[-+]\d{2}:\d{2}))?$/

/** @throws QuiverError `INVALID_FILTER` where it is no date of the calendar */
export function dateFrom(text: string, path: string): Date {
  const date = new Date(ISO_DATE.test(text) ? text : NaN)
  const [day = ''] = text.split('T')
  // Some engines take the 31st of February for the 3rd of March.
  if (!Number.isNaN(date.getTime()) && dayOf(day) === day) return date
  throw refuse(
    path,
    `must be a date such as '2026-01-31' or '2026-01-31T12:00:00Z', got ${describe(text)}`,
  )
}

function dayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(date.getTime()) ? '' : (date.toISOString().split('T')[0] ?? '')
}
