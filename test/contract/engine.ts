/** What every engine does, whatever it computes with. */
import { beforeAll, describe } from 'vitest'
import type { Engine } from '../../src/engine/index.ts'
import { answersContract } from './engine/answers.ts'
import { filtersContract } from './engine/filters.ts'
import { graphContract } from './engine/graph.ts'
import { handingInContract } from './engine/handing-in.ts'
import { radiusContract } from './engine/radius.ts'
import { rowsContract } from './engine/rows.ts'
import { savingContract } from './engine/saving.ts'
import { searchRowContract } from './engine/search-row.ts'

export function engineContract(name: string, load: () => Promise<Engine>) {
  describe(`${name} engine`, () => {
    let loaded: Engine
    beforeAll(async () => {
      loaded = await load()
    })
    const engine = () => loaded

    describe('rows', () => {
      rowsContract(engine)
    })
    describe('answers', () => {
      answersContract(engine)
    })
    describe('search by row', () => {
      searchRowContract(engine)
    })
    describe('radius', () => {
      radiusContract(engine)
    })
    describe('filters and removals', () => {
      filtersContract(engine)
    })
    describe('graph', () => {
      graphContract(engine)
    })
    describe('saving', () => {
      savingContract(engine)
    })
    describe('handing in', () => {
      handingInContract(engine)
    })
  })
}
