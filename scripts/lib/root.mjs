import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * @param {...string} parts a path inside the repository
 * @returns {string} the same, absolute
 */
export const inRepository = (...parts) => join(root, ...parts)
