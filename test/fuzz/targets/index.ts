import type { Target } from '../target.ts'
import { archiveTargets } from './archive.ts'
import { collectionTargets } from './collection.ts'
import { engineTargets } from './engine.ts'
import { staticModelTarget } from './model.ts'
import { recoveryTargets } from './recovery.ts'
import { storageTargets } from './storage.ts'
import { wireTarget } from './wire.ts'

/** Every decoder of what comes from outside. */
export async function loadTargets(): Promise<readonly Target[]> {
  return [
    ...(await storageTargets()),
    ...collectionTargets,
    ...(await recoveryTargets()),
    ...(await archiveTargets()),
    staticModelTarget,
    wireTarget,
    ...(await engineTargets()),
  ]
}
