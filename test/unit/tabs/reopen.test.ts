import { expect, it } from 'vitest'
import { openDatabase } from '../../../src/tabs/index.ts'

const inMemory = { storage: 'memory' } as const

it('opens anew what is closed at the same time', async () => {
  // However far the closing is when the opening looks for what is open.
  for (let ticks = 0; ticks < 20; ticks++) {
    const closing = (await openDatabase('reopened', inMemory)).close()
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    const opened = await openDatabase('reopened', inMemory)
    expect(await opened.collections(), `after ${String(ticks)} microtasks`).toEqual([])
    await closing
    await opened.close()
  }
})
