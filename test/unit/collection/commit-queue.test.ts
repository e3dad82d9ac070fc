import { expect, it } from 'vitest'
import { CommitQueue, type Write } from '../../../src/collection/commit-queue.ts'
import { openMemoryStorage } from '../../../src/storage/memory.ts'
import { decodeWrite, type Operation } from '../../../src/storage/operations.ts'

const drop = (collection: number): Operation => ({ type: 'drop', collection })

async function newQueue() {
  const storage = await openMemoryStorage('queue')
  const seen: string[] = []
  const write = (name: string, sharing: Write<string>['sharing'], operations = [drop(1)]) => ({
    sharing,
    prepare: () => {
      seen.push(`prepare ${name}`)
      return operations
    },
    apply: () => {
      seen.push(`apply ${name}`)
      return name
    },
  })
  return { storage, seen, write, queue: new CommitQueue(storage, 0) }
}

it('applies what is durable, in the order of the calls, and answers each', async () => {
  const { queue, seen, write, storage } = await newQueue()
  const answers = await Promise.all([
    queue.write(write('a', 'alone', [drop(1), drop(2)])),
    queue.write(write('b', 'group', [drop(3)])),
    queue.write(write('c', 'group', [drop(4)])),
    queue.write(write('d', 'alone', [])),
  ])
  expect(answers).toEqual(['a', 'b', 'c', 'd'])
  expect(seen).toEqual([
    ...['prepare a', 'apply a'],
    ...['prepare b', 'prepare c', 'apply b', 'apply c'],
    ...['prepare d', 'apply d'],
  ])
  expect(queue.lastSeq).toBe(3)
  const logged: number[][] = []
  for await (const { operation } of storage.replay(0)) {
    logged.push(decodeWrite(operation).operations.map(({ collection }) => collection))
  }
  expect(logged).toEqual([[1, 2], [3], [4]])
})

it('runs an exclusive task when nothing else changes', async () => {
  const { queue, seen, write } = await newQueue()
  const task = async (): Promise<void> => {
    seen.push('task begins')
    await new Promise((resolve) => setTimeout(resolve, 20))
    seen.push('task ends')
  }
  await Promise.all([
    queue.write(write('a', 'group')),
    queue.exclusive(task),
    queue.write(write('b', 'group')),
  ])
  const parts = ['prepare a', 'apply a', 'task begins', 'task ends', 'prepare b', 'apply b']
  expect(seen).toEqual(parts)
})

it('refuses one write and goes on with the others', async () => {
  const { queue, write, storage } = await newQueue()
  const refusal = { ...write('bad', 'group'), prepare: () => expect.unreachable('bad') }
  const results = await Promise.allSettled([
    queue.write(write('a', 'group')),
    queue.write(refusal as unknown as Write<string>),
    queue.write(write('b', 'group')),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await storage.close()
  const late = { ...write('late', 'alone'), apply: () => expect.unreachable('applied unlogged') }
  await expect(queue.write(late)).rejects.toMatchObject({ code: 'CLOSED' })
})

it('closes the storage when a stored write cannot be applied', async () => {
  const { queue, write, storage } = await newQueue()
  const broken: Write<string> = {
    ...write('broken', 'alone'),
    apply: () => {
      throw new RangeError('no room')
    },
  }
  await expect(queue.write(broken)).rejects.toMatchObject({ code: 'CLOSED' })
  expect(storage.failure?.code).toBe('CLOSED')
  await expect(queue.write(write('later', 'alone'))).rejects.toMatchObject({ code: 'CLOSED' })
})
