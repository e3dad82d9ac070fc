import { QuiverError } from '../contract/errors.ts'
import { type CollectionConfig, createConfig, mergeConfig, validateName } from './config.ts'
import { describe } from './values.ts'

/**
 * A config as it was stored, by this version or an earlier one, which knew fewer options.
 * @throws QuiverError `CORRUPT` when no options could have made it
 */
export function storedConfig(stored: unknown): CollectionConfig {
  const config = { originals: 'f32', ...(stored as object) } as CollectionConfig
  try {
    requirePossible(config)
    return mergeConfig(config, {})
  } catch (cause) {
    throw new QuiverError(
      'CORRUPT',
      `The stored options of collection ${describe(config.name)} cannot be its own.`,
      { cause },
    )
  }
}

function requirePossible({ name, embedder, index, ...options }: CollectionConfig): void {
  validateName('collection', name)
  // Where the index is chosen automatically, its numbers are kept as well, and must be such as may be asked for.
  const asked =
    index.type === 'flat' ? index : { ...index, type: index.type === 'auto' ? 'hnsw' : index.type }
  createConfig(name, { ...options, index: asked })
  if (embedder === undefined || embedder === null || typeof embedder === 'string') return
  throw new TypeError('An embedding space is named by a text.')
}
