import { createConfig } from '../../../src/collection/config.ts'
import { CollectionState } from '../../../src/collection/state.ts'
import type { CollectionOptions } from '../../../src/contract/api.ts'
import { referenceEngine } from '../../../src/engine/reference.ts'
import { type UpsertOperation, VectorKind } from '../../../src/storage/operations.ts'
import { idsOf, randomMatrix } from '../../support/vectors.ts'

/** A copy that lacks a property, as an earlier version would have written it. */
export function lacking(value: object, property: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== property))
}

/** A state on the reference engine, with `rows` random vectors of dimension 4 in it. */
export function stateOf(rows: number, options: CollectionOptions = {}): CollectionState {
  const state = new CollectionState(
    referenceEngine,
    createConfig('c', { dimension: 4, ...options }),
  )
  state.apply(upsertOf(rows, 1))
  return state
}

export function upsertOf(rows: number, seed: number): UpsertOperation {
  return {
    type: 'upsert',
    collection: 0,
    ids: idsOf(rows),
    kinds: new Uint8Array(rows).fill(VectorKind.given),
    dimension: 4,
    vectors: randomMatrix(rows, 4, seed),
    docs: Array.from({ length: rows }, () => '{}'),
  }
}
