import type { Where } from '../contract/fields.ts'
import { QuiverError } from '../contract/errors.ts'
import {
  type CallId,
  type Operation,
  type UpsertOperation,
  VectorKind,
} from '../storage/operations.ts'
import type { CallContext } from './call-context.ts'
import type { LocalCollection } from './collection.ts'
import type { CollectionConfig } from './config.ts'
import { matchRows } from './match.ts'
import { NOTHING, type Outcome, withOperation } from './outcomes.ts'
import { validateId } from './records.ts'
import { describe, isPlainObject } from './values.ts'

/** Whether nothing is left for the first write to fix. */
export function isSettled({ dimension, embedder }: CollectionConfig): boolean {
  return dimension !== undefined && embedder !== undefined
}

/**
 * What the log gets for an upsert: the operation itself, after one that fixes dimension and embedding space where the
 * options left them open. To be called in the queue's turn, so that it sees what earlier writes have fixed.
 * @param embeddedBy the space in which vectors were made for this write, if any were
 * @throws QuiverError `DIMENSION_MISMATCH`, `EMBEDDER_MISMATCH`
 */
export function operationsFor(
  collection: LocalCollection,
  operation: UpsertOperation,
  embeddedBy: string | undefined,
): readonly Operation[] {
  const { config } = collection
  if (operation.vectors.length === 0) return [operation]
  requireSameSpace(config, embeddedBy)
  const dimension = config.dimension ?? operation.dimension
  if (dimension !== operation.dimension) {
    throw new QuiverError(
      'DIMENSION_MISMATCH',
      `Vectors of ${String(operation.dimension)} dimensions came for collection "${config.name}", which has ${String(dimension)}. Nothing was written.`,
    )
  }
  if (isSettled(config)) return [operation]
  const embeds = operation.kinds.includes(VectorKind.embedded)
  const embedder = config.embedder === undefined ? (embeds ? embeddedBy : null) : config.embedder
  const settled = { ...config, dimension, ...(embedder === undefined ? {} : { embedder }) }
  return [{ type: 'configure', collection: collection.number, config: settled }, operation]
}

function requireSameSpace({ name, embedder }: CollectionConfig, by: string | undefined): void {
  if (by === undefined || embedder === undefined || embedder === by) return
  const fixed = embedder === null ? 'vectors without an embedder' : embedder
  throw new QuiverError(
    'EMBEDDER_MISMATCH',
    `Collection "${name}" was fixed to ${fixed} while this write was embedded by ${by}. Nothing was written; try again.`,
  )
}

/** Takes into memory what the log has, and keeps for the caller what it did. */
export function applyWrite(
  collection: LocalCollection,
  operations: readonly Operation[],
  call: CallId | undefined,
): Outcome {
  const { state } = collection
  let outcome = NOTHING
  for (const operation of operations) {
    const before = state.count
    state.apply(operation)
    outcome = withOperation(outcome, operation, state.count - before)
  }
  collection.outcomes.keep(call, outcome)
  return outcome
}

/** Deletes the records that are there and answers how many went. */
export async function remove(
  collection: LocalCollection,
  target: string | readonly string[] | { readonly where: Where },
  { call }: CallContext,
): Promise<number> {
  const where =
    isPlainObject(target) && 'where' in target ? (target as { where: Where }).where : undefined
  const asked = typeof target === 'string' ? [target] : target
  if (where === undefined && !Array.isArray(asked)) {
    throw new QuiverError(
      'INVALID_ID',
      `delete takes an id, an array of ids, or { where }, got ${describe(target)}.`,
    )
  }
  const ids = where === undefined ? (asked as readonly unknown[]).map(validateId) : []
  let operations: readonly Operation[] = []
  const { deleted } = await collection.write({
    call,
    sharing: 'alone',
    prepare: () => {
      const { state } = collection
      const present =
        where === undefined
          ? [...new Set(ids)].filter((id) => state.rowOf.has(id) || state.quarantined.has(id))
          : matchRows(state, where)
              .rows()
              .map((row) => state.ids[row] ?? '')
      const { number } = collection
      operations =
        present.length === 0 ? [] : [{ type: 'delete', collection: number, ids: present }]
      return operations
    },
    apply: () => applyWrite(collection, operations, call),
  })
  return deleted
}
