import { QuiverError } from '../contract/errors.ts'

/** Options are an object or left out. @throws QuiverError `INVALID_OPTION` */
export function requireOptions(call: string, options: unknown): void {
  if (options === undefined) return
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  const got =
    options === null ? 'null' : Array.isArray(options) ? 'an array' : `a ${typeof options}`
  throw new QuiverError(
    'INVALID_OPTION',
    `The options of ${call} must be an object, got ${got}. Leave them out where there are none.`,
  )
}
